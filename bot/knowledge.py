"""The served articles as the bot asks them: what is retracted is gone at once, in every process."""

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock

from knowledge_base.answering import Answerer, Hit, Reply
from knowledge_base.documents import Article
from knowledge_base.embedding import Vectors
from knowledge_base.encoders import encoder_of
from knowledge_base.errors import KnowledgeBaseError
from knowledge_base.settings import Settings as KnowledgeSettings
from workers.knowledge import articles
from workers.service_desk import ServiceDesk
from workers.serving import Served
from workers.store.session import Store

NOTHING_INDEXED = Reply("abstain", 0.0, None, (), "No article has been indexed yet.", "")


class Knowledge:
    """Answers from the served version, without the articles that were retracted since it was built."""

    def __init__(self, store: Store, served: Served[Answerer]) -> None:
        self._store, self._served = store, served
        self._current: tuple[str, frozenset[str], Answerer] | None = None
        self._lock = Lock()

    @classmethod
    def of(cls, desk: ServiceDesk) -> "Knowledge":
        """The articles of this desk."""
        settings = KnowledgeSettings(home=desk.settings.home, desk=desk.settings.desk)

        def load(folder: Path) -> Answerer:
            return Answerer.open(folder, encoder_of(folder, settings), settings.encoder_threads)

        return cls(desk.store, Served(desk.store, "knowledge", desk.bundles, load))

    def current(self) -> Answerer | None:
        """What may answer now; none before the first sync."""
        served = self._served.current()
        if served is None:
            return None
        with self._store.read() as session:
            gone = articles.retracted(session)
        with self._lock:
            if self._current is None or self._current[:2] != (served.version, gone):
                answerer = served.thing.without(gone) if gone else served.thing
                self._current = (served.version, gone, answerer)
            return self._current[2]

    def encode(self) -> Callable[[Sequence[str]], Vectors] | None:
        """What makes vectors of texts now; none before the first sync, or while the index cannot be opened."""
        try:
            answerer = self.current()
        except KnowledgeBaseError:
            return None
        return answerer.encoder.encode if answerer else None

    def answer(self, question: str, readers: frozenset[str], risk_limit: float) -> Reply:
        """See `Answerer.answer`."""
        answerer = self.current()
        return answerer.answer(question, readers, risk_limit) if answerer else NOTHING_INDEXED

    def passage(self, article_id: str, question: str, readers: frozenset[str]) -> Hit | None:
        """The passage of this article that is nearest to the question; none when it may not be read."""
        answerer = self.current()
        return answerer.passage_of(article_id, question, readers) if answerer else None

    def article(self, article_id: str, readers: frozenset[str]) -> Article | None:
        """The whole article; none when it may not be read."""
        answerer = self.current()
        if answerer is None:
            return None
        readable = [answerer.index.articles[place] for place in answerer.index.readable(readers)]
        return next((article for article in readable if article.id == article_id), None)
