"""How figures are printed, and the bounds that they have to keep."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Bound:
    """What has to hold: `is_held` at `seen`."""

    text: str
    seen: str
    is_held: bool


def verdicts(held: Sequence[Bound]) -> str:
    rows = [[one.text, one.seen, "held" if one.is_held else "NOT HELD"] for one in held]
    return table(["bound", "seen", ""], rows)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns of one width, the first to the left, numbers to the right."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
