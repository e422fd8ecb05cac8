"""From questions that no article solved to gaps: put together, measured, and compared with the nearest article.

What a gap says to a reader follows from the articles that this reader may read. Which questions are in it, its rank
and its suggested owner follow from those that everybody may read: nobody can tell from a gap that there is an article
that is hidden from them.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from knowledge_base.answering import Answerer
from knowledge_base.chunking import plain
from knowledge_base.clustering import MOST, Words, by_centrality, groups
from knowledge_base.documents import EVERYONE, Article
from knowledge_base.embedding import Progress
from knowledge_base.keywords import tokenise
from workers.knowledge.drafting import Step, steps
from workers.knowledge.unsolved import Unsolved

MIN_PEOPLE = 2  # one person's question is private, and an article for one person is a reply
SEARCHED = 5  # articles looked at for each question
PUBLIC = frozenset({EVERYONE})


@dataclass(frozen=True)
class Nearest:
    """The article that comes closest to a gap's questions, among those that some reader may read."""

    article: str
    probability: float  # mean over the questions that it answers, 0..1
    missing: tuple[str, ...]  # telling words of the questions that stand nowhere in it


@dataclass(frozen=True)
class Gap:
    """Questions of several people that ask the same and that no article solved."""

    questions: tuple[Unsolved, ...]  # the most central first; that one names it
    words: tuple[str, ...]
    unanswered: float  # mean probability that what everybody may read does not answer, 0..1
    nearest: dict[frozenset[str], Nearest | None]  # by the readers' audiences
    owner: str | None
    steps: tuple[Step, ...]  # what the resolutions of its tickets say

    @property
    def people(self) -> int:
        """How many different people asked."""
        return len({question.person for question in self.questions})

    @property
    def minutes(self) -> float:
        """Business hours that people worked on its tickets."""
        return sum(question.solution.minutes for question in self.questions if question.solution)

    @property
    def weight(self) -> float:
        """Its rank: people × (1 + hours of handling) × the share that articles leave unanswered."""
        return self.people * (1 + self.minutes / 60) * self.unanswered

    @property
    def teams(self) -> tuple[str, ...]:
        """The teams whose tickets are in it, the busiest first."""
        found = Counter(q.solution.team for q in self.questions if q.solution and q.solution.team)
        return tuple(team for team, _ in found.most_common())

    @property
    def last_asked_at(self) -> datetime:
        """When it was asked last."""
        return max(question.asked_at for question in self.questions)


@dataclass(frozen=True)
class Finder:
    """Looks for gaps in what one index answers. Loads scikit-learn: not for a serving process."""

    answerer: Answerer
    risk_limit: float  # of the automation `answer`
    readers: frozenset[frozenset[str]]  # the audiences of those who will look at the gaps
    on_call: Callable[[str], str | None]  # a team → who would write for it
    names: frozenset[str]  # words of people's names, which no draft may hold

    def find(self, asked: Sequence[Unsolved], progress: Progress | None = None) -> list[Gap]:
        """The gaps, the heaviest first. Only the newest `MOST` questions are compared."""
        newest = sorted(asked, key=lambda question: question.asked_at)[-MOST:]
        kept, chances = self._unanswered(newest, progress)
        texts = [question.text for question in kept]
        vectors, words = self.answerer.encoder.encode(texts, progress), Words(texts)
        shared = [rows for rows in groups(vectors) if len({kept[row].person for row in rows}) >= MIN_PEOPLE]
        found = []
        for number, rows in enumerate(shared, 1):
            central = by_centrality(vectors, rows)
            unanswered = 1 - sum(chances[row] for row in rows) / len(rows)
            found.append(self._gap([kept[row] for row in central], words, central, unanswered))
            if progress is not None:
                progress("describe the gaps", number, len(shared))
        return sorted(found, key=lambda gap: -gap.weight)

    def _unanswered(self, asked: Sequence[Unsolved], progress: Progress | None) -> tuple[list[Unsolved], list[float]]:
        """The questions that count, each with the probability that what everybody may read answers it."""
        kept, chances = [], []
        for number, question in enumerate(asked, 1):
            chance = self._answered(question)
            if question.judged or not self._is_sure(chance):
                kept.append(question)
                chances.append(0.0 if question.answered_wrongly else chance)
            if progress is not None:
                progress("compare with the articles", number, len(asked))
        return kept, chances

    def _answered(self, question: Unsolved) -> float:
        hits = self.answerer.search(question.text, PUBLIC, k=1)
        return hits[0].probability if hits else 0.0

    def _is_sure(self, chance: float) -> bool:
        threshold = self.answerer.threshold_for(self.risk_limit)
        return threshold is not None and chance >= threshold

    def _gap(self, questions: Sequence[Unsolved], words: Words, rows: Sequence[int], unanswered: float) -> Gap:
        nearest = {
            audiences: self._nearest([question.text for question in questions], audiences, words, rows)
            for audiences in self.readers | {PUBLIC}
        }
        said = [(q.solution.ticket, q.solution.resolution) for q in questions if q.solution and q.solution.resolution]
        told = steps(said, self.names, self.answerer.encoder.encode)
        gap = Gap(tuple(questions), words.telling(rows), unanswered, nearest, None, told)
        return replace(gap, owner=self._owner(gap))

    def _nearest(
        self, texts: Iterable[str], audiences: frozenset[str], words: Words, rows: Sequence[int]
    ) -> Nearest | None:
        total: dict[str, float] = defaultdict(float)
        for text in texts:
            for hit in self.answerer.search(text, audiences, k=SEARCHED):
                total[hit.article_id] += hit.probability
        if not total:
            return None
        best = min(total, key=lambda article_id: (-total[article_id], article_id))
        article = self._article(best)
        missing = words.telling(rows, without=article_words(article))
        return Nearest(best, total[best] / len(rows), missing)

    def _owner(self, gap: Gap) -> str | None:
        """The nearest article's owner where it would at least be suggested, else the busiest team's first on call."""
        nearest = gap.nearest[PUBLIC]
        if nearest is not None and nearest.probability >= self.answerer.gate.suggest_from:
            return self._article(nearest.article).owner or None
        return self.on_call(gap.teams[0]) if gap.teams else None

    def _article(self, article_id: str) -> Article:
        return next(article for article in self.answerer.index.articles if article.id == article_id)


def article_words(article: Article) -> frozenset[str]:
    """Every word of an article, as BM25 compares them."""
    return frozenset(tokenise("\n".join([article.title, *article.ask, plain(article.body)])))
