from pathlib import Path

import pytest

from classifier.data.taxonomy import Taxonomy
from classifier.errors import ClassifierError

GOOD = """labels:
  - id: printing
    name: Printing
    team: workplace
    description: Printers
    not: ""
    impact: team
    urgency: low
    ask: ["Which printer?"]
"""


def _read(tmp_path: Path, text: str) -> Taxonomy:
    path = tmp_path / "taxonomy.yaml"
    path.write_text(text, encoding="utf-8")
    return Taxonomy.read(path)


def test_a_taxonomy_says_which_team_takes_a_label(tmp_path: Path) -> None:
    taxonomy = _read(tmp_path, GOOD)
    assert taxonomy.team_of("printing") == "workplace"
    assert taxonomy.labels[0].ask == ("Which printer?",)
    with pytest.raises(ClassifierError, match="no label `unknown`"):
        taxonomy.team_of("unknown")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("impact: team", "impact: world"), r"line 7, field `impact`: `world` is not known; use one of individual"),
        (("urgency: low", "urgency: urgent"), r"line 8, field `urgency`"),
        (("    team: workplace\n", ""), r"line 2, field `team`: is missing"),
        (("    name: Printing", "    nam: Printing"), r"line 3, field `nam`: unknown key"),
        (("description: Printers", "description: ''"), r"line 5, field `description`: must not be empty"),
        (('ask: ["Which printer?"]', "ask: Which?"), r"line 9, field `ask`"),
        (("labels:", "label:"), r"line 1, field `label`: unknown key"),
        (("labels:\n", "labels: [\n"), r"line \d+: not valid YAML"),
        (("name: Printing", "name: [a]"), r"line 3, field `name`"),
        (('ask: ["', 'borders: [{text: a}]\n    ask: ["'), r"line 9, field `borders`: must be lines"),
        (('ask: ["', 'borders: toner\n    ask: ["'), r"line 9, field `borders`: must be lines"),
        (
            ('ask: ["', 'borders: [{text: toner, label: paper}]\n    ask: ["'),
            r"line 9, field `borders`: `paper` is not",
        ),
    ],
)
def test_a_mistake_is_named_by_file_line_and_field(tmp_path: Path, change: tuple[str, str], complaint: str) -> None:
    with pytest.raises(ClassifierError, match=r"taxonomy\.yaml, " + complaint):
        _read(tmp_path, GOOD.replace(*change))


def test_an_id_used_twice_names_both_lines(tmp_path: Path) -> None:
    with pytest.raises(ClassifierError, match=r"line 10, field `id`: `printing` is already used in line 2"):
        _read(tmp_path, GOOD + GOOD.removeprefix("labels:\n"))


@pytest.mark.parametrize("text", ["", "labels: []", "just words", "a: &x [*x]", "labels: [1]"])
def test_a_file_that_is_no_taxonomy_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ClassifierError, match=r"taxonomy\.yaml"):
        _read(tmp_path, text)


def test_a_missing_or_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClassifierError, match="cannot be read"):
        Taxonomy.read(tmp_path / "absent.yaml")
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(ClassifierError, match="UTF-8"):
        Taxonomy.read(tmp_path / "b.yaml")


def test_the_starter_desks_taxonomy_is_read() -> None:
    taxonomy = Taxonomy.read(Path(__file__).parents[3] / "deploy" / "starter" / "taxonomy.yaml")
    assert len(taxonomy.labels) >= 12


def test_borders_show_where_a_request_rightly_belongs(tmp_path: Path) -> None:
    taxonomy = _read(tmp_path, GOOD + "    borders:\n      - {text: toner order, label: printing}\n")
    (border,) = taxonomy.labels[0].borders
    assert (border.text, border.label) == ("toner order", "printing")
