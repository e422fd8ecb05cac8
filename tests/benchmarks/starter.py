"""The starter desk as material: figures and plots for docs/STARTER.md, and how far its tickets carry elsewhere."""

import csv
import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from sklearn.metrics import f1_score

from classifier.data.splits import split_by_time
from classifier.data.ticket import Ticket
from classifier.learning.peers import Task, train_linear
from classifier.model.encoder import softmax
from classifier.model.inference import Classifier
from classifier.model.linear import Floats
from tests.benchmarks.models import of_the_starter
from tests.starter.measures import PUBLIC, READ, near_copies, public_texts, questions, tickets, variety, vectors, words

matplotlib.use("Agg")
from matplotlib import pyplot  # the screenless backend must be chosen first

DOCS = Path(__file__).parents[2] / "docs"
PICTURES = DOCS / "starter"
MARKS = re.compile(r"(?s)(?<=<!-- figures -->\n).*(?=<!-- end of figures -->)")

# Written from the words of the real set's training split, never from its test split.
GROUP_OF = {
    "identity_access": "Access",
    "developer_tools": "Access",
    "joiners_leavers": "HR Support",
    "business_applications": "HR Support",  # what its people ask most is Oracle's time cards and absences
    "email_calendar": "Storage",  # there: mailbox sizes and shared mailboxes
    "files_storage": "Storage",
    "laptops_desktops": "Hardware",
    "meetings_rooms": "Hardware",
    "network_vpn": "Hardware",
    "phones_mobile": "Hardware",
    "printing": "Hardware",
    "security_phishing": "Hardware",
    "software_licences": "Administrative rights",  # there: upgrades and installations
    "procurement": "Purchase",
}
RIGHT = 0.9
AT_ONCE = 256


def section(seeds: Sequence[int] = (0, 1, 2)) -> str:
    """Markdown for docs/BENCHMARKS.md; docs/STARTER.md gets its figures on the way."""
    write_sheet()
    return "\n\n".join(["## Starter desk: transfer to another company's tickets", transfer(seeds)]) + "\n"


def transfer(seeds: Sequence[int]) -> str:
    """Trained on the starter's tickets alone, measured on real tickets of another company."""
    path = PUBLIC / "it_topic_tickets" / "test.csv"
    if not path.exists():
        return f"Not measured: {path} is not there."
    csv.field_size_limit(sys.maxsize)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    texts, truth = [row["text"] for row in rows], [row["topic_group"] for row in rows]
    learn = split_by_time(tickets()).train  # what the served kind learns from; its other tickets calibrate and test
    labels = sorted(GROUP_OF)
    served = [_served(texts, seed) for seed in seeds]
    linear = train_linear([t.text for t in learn], [_task(learn, labels)], 0)
    most = Counter(truth).most_common(1)[0][0]
    columns = {
        "served": [_scores(truth, *_by_group(*one)) for one in served],
        "TF-IDF + LinearSVC": [_scores(truth, *_by_group(softmax(2 * linear.margins(texts)), labels))],
        f"always {most}": [_scores(truth, [most] * len(truth), np.zeros(len(truth)))],
    }
    lines = [f"| | {' | '.join(columns)} |", "|---|" + "---|" * len(columns)]
    for name in ("accuracy", "macro-F1", "routed at 90 % correct"):
        lines.append(f"| {name} | {' | '.join(_mean([one[name] for one in column]) for column in columns.values())} |")
    reachable = sum(group in GROUP_OF.values() for group in truth) / len(truth)
    return (
        f"{len(learn)} starter tickets, no real one; {len(texts)} test tickets of `it_topic_tickets` (CC0; lower case, "
        f"stop words, names and numbers removed); {len(seeds)} seeds, mean ± standard deviation. The labels are mapped "
        "to its 8 groups by the table in `tests/benchmarks/starter.py`, written from the words of its training split; "
        f"no label leads to Miscellaneous and Internal Project, so {reachable:.3f} is the most that can be right.\n\n"
        + "\n".join(lines)
    )


def _served(texts: Sequence[str], seed: int) -> tuple[Floats, Sequence[str]]:
    """Probabilities of the served kind of model for every text, and its labels."""
    model = Classifier.open(of_the_starter(seed))
    parts = [model.probabilities(texts[start : start + AT_ONCE]) for start in range(0, len(texts), AT_ONCE)]
    return np.concatenate(parts), model.labels


def _by_group(probabilities: Floats, labels: Sequence[str]) -> tuple[list[str], Floats]:
    """The most probable group of every text, and how probable it is: a group has its labels' probabilities together."""
    groups = sorted(set(GROUP_OF.values()))
    member = np.array([[GROUP_OF[label] == group for group in groups] for label in labels], dtype=float)
    together = probabilities @ member
    return [groups[place] for place in together.argmax(axis=1)], together.max(axis=1)


def _scores(truth: Sequence[str], said: Sequence[str], sure: Floats) -> dict[str, float]:
    right = np.array([a == b for a, b in zip(truth, said, strict=True)])
    order = np.argsort(-sure, kind="stable")
    shares = np.cumsum(right[order]) / np.arange(1, len(right) + 1)
    enough = np.flatnonzero(shares >= RIGHT)
    return {
        "accuracy": float(right.mean()),
        "macro-F1": float(f1_score(truth, said, average="macro", zero_division=0.0)),
        "routed at 90 % correct": float((enough[-1] + 1) / len(right)) if len(enough) and np.ptp(sure) else 0.0,
    }


def _mean(values: Sequence[float]) -> str:
    spread = f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
    return f"{np.mean(values):.3f}{spread}"


def write_sheet() -> None:
    """Put figures and plots into docs/STARTER.md, between its marks."""
    PICTURES.mkdir(exist_ok=True)
    sets = [("starter tickets", [t.text for t in tickets()]), ("starter questions", _asked()), *public_texts()]
    _plot_lengths(sets)
    _plot_vocabulary(sets)
    _plot_year()
    confused = _confusion()
    page = DOCS / "STARTER.md"
    text = page.read_text(encoding="utf-8")
    figures = "\n".join([_varieties(sets), "", _copies(), "", confused, ""])
    page.write_text(MARKS.sub(lambda _: figures, text), encoding="utf-8")


def _asked() -> list[str]:
    return [str(question["question"]) for part in questions().values() for question in part]


def _varieties(sets: Sequence[tuple[str, list[str]]]) -> str:
    lines = [
        f"| | texts | words: tenth, median, nine tenths | type–token (500 words) | different in {READ:,} | once |",
        "|---|---|---|---|---|---|",
    ]
    for name, texts in sets:
        v = variety(texts)
        lines.append(
            f"| {name} | {v.texts:,} | {v.tenth:.0f}, {v.median_words:.0f}, {v.nine_tenths:.0f} | {v.type_token:.3f} "
            f"| {v.vocabulary:,} | {v.once:.0%} |"
        )
    return "\n".join(lines)


def _copies() -> str:
    parts = {"tickets": [t.text for t in tickets()], "questions": _asked()}
    found = {name: near_copies(vectors(texts)) for name, texts in parts.items()}
    shares = (
        f"{len({row for pair in pairs for row in pair[:2]}) / len(parts[name]):.2%} of the {name}"
        for name, pairs in found.items()
    )
    return f"Near copies (MiniLM cosine over 0.95): {', '.join(shares)}."


def _task(learn: Sequence[Ticket], labels: Sequence[str]) -> Task:
    return Task(np.array([labels.index(ticket.label) for ticket in learn]), len(labels))


def _confusion() -> str:
    """A linear model learnt on the earlier four fifths, asked about the latest fifth."""
    splits = split_by_time(tickets())
    learn, test = (*splits.train, *splits.calibrate), splits.test
    labels = sorted({t.label for t in learn})
    model = train_linear([t.text for t in learn], [_task(learn, labels)], 0)
    said = [labels[place] for place in model.margins([t.text for t in test]).argmax(axis=1)]
    table = np.zeros((len(labels), len(labels)))
    for ticket, label in zip(test, said, strict=True):
        table[labels.index(ticket.label), labels.index(label)] += 1
    figure, axes = pyplot.subplots(figsize=(8, 7))
    axes.imshow(table / table.sum(axis=1, keepdims=True), cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), labels, rotation=60, ha="right")
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xlabel("said")
    axes.set_ylabel("label")
    for (row, column), count in np.ndenumerate(table):
        if count:
            axes.text(
                column, row, f"{count:.0f}", ha="center", va="center", color="white" if row == column else "black"
            )
    _save(figure, "confusions.png")
    pairs = Counter((t.label, label) for t, label in zip(test, said, strict=True) if t.label != label)
    most = ", ".join(f"{a} → {b} {count}" for (a, b), count in pairs.most_common(6))
    right = np.trace(table) / table.sum()
    return f"TF-IDF + LinearSVC on the latest fifth ({len(test)} tickets): {right:.3f} right. Confused most: {most}."


def _plot_lengths(sets: Sequence[tuple[str, list[str]]]) -> None:
    figure, axes = pyplot.subplots(figsize=(8, 4))
    for name, texts in sets:
        lengths = np.sort([max(1, len(words(text))) for text in texts])
        axes.plot(lengths, np.linspace(0, 1, len(lengths)), label=name, linewidth=2 if "starter" in name else 1)
    axes.set_xscale("log")
    axes.set_xlabel("words in a text")
    axes.set_ylabel("share of texts that are not longer")
    axes.legend()
    _save(figure, "lengths.png")


def _plot_vocabulary(sets: Sequence[tuple[str, list[str]]]) -> None:
    figure, axes = pyplot.subplots(figsize=(8, 4))
    for name, texts in sets:
        order = np.random.default_rng(0).permutation(len(texts))
        running = [word for place in order for word in words(texts[place])][:READ]
        first = np.unique(running, return_index=True)[1]  # where each word stands for the first time
        grown = np.searchsorted(np.sort(first), np.arange(len(running)), side="right")
        axes.plot(range(len(grown)), grown, label=name, linewidth=2 if "starter" in name else 1)
    axes.set_xlabel("words read")
    axes.set_ylabel("different words among them")
    axes.legend()
    _save(figure, "vocabulary.png")


def _plot_year() -> None:
    """Tickets a day, with the two bursts, and when in the week they come."""
    opened = [t.opened_at for t in tickets() if t.opened_at]
    days = Counter(moment.date() for moment in opened)
    figure, (year, week) = pyplot.subplots(2, 1, figsize=(8, 6))
    year.bar(list(days), list(days.values()), width=1)
    year.set_ylabel("tickets a day")
    for day, count in days.most_common(2):
        year.annotate(f"{day:%d %b}: {count}", (day, count), textcoords="offset points", xytext=(4, -2))
    table = np.zeros((7, 24))
    for moment in opened:
        table[moment.weekday(), moment.hour] += 1
    week.imshow(table, aspect="auto", cmap="Blues")
    week.set_yticks(range(7), ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
    week.set_xlabel("hour (UTC)")
    _save(figure, "year.png")


def _save(figure: Any, name: str) -> None:
    figure.tight_layout()
    figure.savefig(PICTURES / name, dpi=110, metadata={"Software": None})
    pyplot.close(figure)


if __name__ == "__main__":
    print(section())
