"""Articles, questions that they do not answer, and gaps made of them."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from zlib import crc32

from knowledge_base.answering import Answerer
from knowledge_base.documents import AUDIENCES, Article, make_article
from knowledge_base.embedding import Encoder
from knowledge_base.index import Index
from knowledge_base.prior import PRIOR
from tests.workers.office import Office
from workers.knowledge import gaps
from workers.knowledge.gap_finding import Finder, Gap
from workers.knowledge.gaps import Reader
from workers.knowledge.unsolved import Solution, Unsolved
from workers.store.columns import now

BADGE = (
    "my badge does not open the car park gate",
    "car park gate ignores my badge",
    "badge reader at the car park stays red",
)
SCANNER = ("scan to folder fails on the third floor", "the scanner cannot save to my folder")
ARTICLES = (
    make_article(id="vpn", title="VPN drops", owner="jonas.brandt", body="Restart GlobalProtect. Then sign in again."),
    make_article(
        id="car-park", title="Parking", owner="ines.duarte", body="Visitors park on level two of the car park."
    ),
)
HIDDEN = make_article(
    id="badge-gate", title="Badge does not open the car park gate", owner="mira.holt", audience=("managers",),
    body="The badge reader at the car park gate stays red: hold the badge to the reader for ten seconds.",
)  # fmt: skip
STAFF = frozenset({"everyone", "it"})
READERS = frozenset({STAFF, frozenset(AUDIENCES)})


def unsolved(
    text: str,
    person: str,
    *,
    team: str | None = "network",
    minutes: float = 60.0,
    resolution: str = "",
    days_ago: float = 1.0,
    key: str = "",
) -> Unsolved:
    """A question that became a ticket; without a team it did not."""
    solution = Solution(f"DESK-{crc32(text.encode()) % 1000}", team, minutes, resolution) if team else None
    asked_at = now() - timedelta(days=days_ago)
    return Unsolved(key or f"file:{text}", text, person, asked_at, False, True, solution)


def asked(texts: Iterable[str] = BADGE, **options: object) -> list[Unsolved]:
    """Each question by somebody else."""
    return [unsolved(text, f"person {at}", **options) for at, text in enumerate(texts)]  # type: ignore[arg-type]


def finder(encoder: Encoder, articles: Iterable[Article] = ARTICLES) -> Finder:
    """Looks for gaps in what these articles answer."""
    answerer = Answerer(Index.build(articles, encoder), encoder, PRIOR)
    return Finder(answerer, 0.1, READERS, {"network": "jonas.brandt"}.get, frozenset({"Carter"}))


def keep(office: Office, found: list[Gap]) -> list[int]:
    """Write them down; gives the numbers of all gaps."""
    with office.store.begin() as session:
        gaps.keep(session, "T0LARK", found, {})
        return [gap.id for gap in gaps.known_gaps(session, "T0LARK")]


def reader(office: Office, handle: str) -> Reader:
    """Somebody of the office as a reader."""
    return Reader.of(office.person(handle))


def seen(office: Office, handle: str, readable: Iterable[str], *, every: bool = False) -> list[gaps.Shown]:
    """The gaps as this person sees them."""
    with office.store.read() as session:
        return gaps.all_shown(session, reader(office, handle), frozenset(readable), every=every)


def desk_folder(path: Path, articles: Iterable[tuple[str, str]] = ()) -> Path:
    """A desk folder with these (id, title) articles."""
    (path / "articles").mkdir(parents=True)
    for id, title in articles:
        text = (
            f"---\nid: {id}\ntitle: {title}\nowner: mira.holt\nupdated: 2026-01-01\naudience: [everyone]\n---\nText.\n"
        )
        (path / "articles" / f"{id}.md").write_text(text, encoding="utf-8")
    return path
