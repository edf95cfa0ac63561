"""The rows of the support guide's table "From the message to the cure", as the guide has them."""

from dataclasses import dataclass

from tests.e2e.product import ROOT

GUIDE, HEADING = ROOT / "docs" / "guides" / "support.md", "## From the message to the cure"
COLUMNS = ["what happened", "they write", "paste", "press", "clicks", "then"]


@dataclass(frozen=True)
class Row:
    """`press`: the words on what is clicked, in their order."""

    happened: str
    press: list[str]
    clicks: int


def rows() -> dict[str, Row]:
    """By what happened."""
    section = GUIDE.read_text().partition(HEADING)[2].partition("\n## ")[0]
    header, _, *lines = [cells(line) for line in section.splitlines() if line.startswith("| ")]
    assert header == COLUMNS
    return {line[0]: Row(line[0], pressed(line[3]), int(line[4])) for line in lines}


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def pressed(cell: str) -> list[str]:
    """`-` where nothing is; `yes` is the button of the question."""
    return [] if cell == "-" else [part.strip() for part in cell.split(" > ")]
