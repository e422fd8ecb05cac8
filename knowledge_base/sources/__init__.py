"""Where articles and labelled questions come from. One file a source; `registry` names the exports that can be read."""

from knowledge_base.sources.fields import MAX_ASK_CHARACTERS
from knowledge_base.sources.files import MAX_ARTICLE_BYTES
from knowledge_base.sources.problems import ArticleSet, LeftOut, Problem
from knowledge_base.sources.questions import read_questions
from knowledge_base.sources.reading import read_articles

__all__ = [
    "MAX_ARTICLE_BYTES",
    "MAX_ASK_CHARACTERS",
    "ArticleSet",
    "LeftOut",
    "Problem",
    "read_articles",
    "read_questions",
]
