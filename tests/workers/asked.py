"""People who asked, what they were shown, and what they said about it."""

from datetime import timedelta
from itertools import count

from sqlalchemy.orm import Session

from knowledge_base.answering import Hit
from knowledge_base.documents import Article, make_article
from tests.workers.office import ANNA, WORKSPACE, Office
from workers.governance import receipts
from workers.knowledge import shown
from workers.store.columns import now
from workers.store.tables import Receipt, ShownArticle

VPN = make_article(
    id="vpn", title="VPN drops", owner="jonas.brandt", body="Restart it. Then wait.", updated=now().date()
)
WIFI = make_article(
    id="wifi", title="Wi-Fi drops", owner="ines.duarte", body="Move nearer to it.", updated=now().date()
)
SALARY = make_article(
    id="salary", title="Salary letters", owner="mira.holt", body="Ask HR.", audience=("managers",), updated=now().date()
)

_TS = count(1)


def hit(article: Article, probability: float = 0.9) -> Hit:
    """The article's first passage, as it would be shown."""
    return Hit(
        article.id, article.title, article.body, 1, (), article.content_hash, article.audience, None, article.owner,
        article.updated.isoformat(), 0.8, probability, {},
    )  # fmt: skip


def ask(
    office: Office,
    question: str,
    *articles: Article,
    by: str = ANNA,
    decision: str = "answer",
    channel: str = "D0ANNA",
    days_ago: float = 0,
    probabilities: tuple[float, ...] = (),
) -> int:
    """Somebody asked and was shown these articles; gives the receipt's id."""
    with office.store.begin() as session:
        moment = now() - timedelta(days=days_ago)
        receipt = Receipt(
            workspace=WORKSPACE, automation="answer", subject=f"message:{channel}/{next(_TS)}.000200", person=by,
            seen=question, decision=decision, why="it fits", confidence=0.9, threshold=0.8, tier="auto",
            versions={"knowledge": "i1"}, evidence={"hits": [], "thread": None}, at=moment,
        )  # fmt: skip
        session.add(receipt)
        session.flush()
        chances = probabilities or tuple(0.9 for _ in articles)
        shown.note_shown(session, receipt, [hit(*pair) for pair in zip(articles, chances, strict=True)])
        session.flush()
        for row in rows(session, receipt.id):
            row.at = moment
            row.quoted_at = moment if row.quoted_at else None
        return receipt.id


def choose(office: Office, receipt_id: int, article: Article) -> None:
    """They opened one of the suggestions."""
    with office.store.begin() as session:
        shown.note_quoted(session, session.get_one(Receipt, receipt_id), hit(article))


def judge(office: Office, receipt_id: int, article: Article, solved: bool) -> None:
    """They clicked "This solved it", or "Not solved"."""
    with office.store.begin() as session:
        receipt = session.get_one(Receipt, receipt_id)
        receipts.settle(session, receipt_id, "accepted" if solved else "overridden", receipt.person)
        shown.note_judged(session, receipt, article.id, solved)


def rows(session: Session, receipt_id: int) -> list[ShownArticle]:
    """What this decision showed, in order."""
    found = session.query(ShownArticle).filter_by(receipt_id=receipt_id)
    return sorted(found, key=lambda row: row.place)
