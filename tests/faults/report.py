"""The table at the end of the run: of what was stored under each fault, how much arrived."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pytest

from tests.faults.rig import Tenant

PROPERTY = "fault row"
HEADINGS = ("fault", "events made", "delivered", "ended visibly", "missing", "duplicates", "seconds")


@dataclass(frozen=True)
class Row:
    """`made`: deliveries that were committed. `ended`: those that their log shows as failed or discarded.

    `duplicates`: arrivals of an event at an endpoint that had taken it before.
    """

    fault: str
    made: int
    delivered: int
    ended: int
    missing: int
    duplicates: int
    seconds: float


@dataclass
class Ledger:
    """Counts what became of everything that a test stored, and writes it into its report."""

    item: pytest.Item
    begun: float

    def row(self, fault: str, *tenants: Tenant, ended: int = 0, duplicates: int = 0) -> Row:
        """Waits until nothing is on its way. Fails when something is missing, when more or less than
        `ended` came to an end without arriving, or when there are more than `duplicates`."""
        for tenant in tenants:
            tenant.finished()
        row = count(fault, tenants, time.monotonic() - self.begun)
        self.item.user_properties.append((PROPERTY, asdict(row)))
        assert row.missing == 0, row
        assert row.ended == ended, row
        assert row.duplicates <= duplicates, row
        return row


def count(fault: str, tenants: tuple[Tenant, ...], seconds: float) -> Row:
    """Committed is what the database has, and what the publisher was told."""
    made: set[tuple[str, str]] = set()
    ended: set[tuple[str, str]] = set()
    taken: Counter[tuple[str, str]] = Counter()
    for tenant in tenants:
        rows = tenant.deliveries()
        made |= {(event, path) for event, path, *_ in rows}
        made |= {(event, endpoint.path) for event in tenant.acknowledged for endpoint in tenant.endpoints}
        ended |= {(event, path) for event, path, state, *_ in rows if state in {"failed", "discarded"}}
        taken.update((arrival.event_id, arrival.path) for arrival in tenant.came() if arrival.is_taken)
    delivered = made & taken.keys()
    return Row(
        fault=fault,
        made=len(made),
        delivered=len(delivered),
        ended=len(ended - delivered),
        missing=len(made - delivered - ended),
        duplicates=sum(times - 1 for times in taken.values()),
        seconds=round(seconds, 1),
    )


def lines(rows: list[dict[str, object]]) -> list[str]:
    return summed(HEADINGS, rows)


def summed(headings: Sequence[str], rows: list[dict[str, object]]) -> list[str]:
    """The table as text, the last line the sums; `rows` have their name first and their seconds last."""
    sums = [sum(float(str(row[name])) for row in rows) for name in list(rows[0])[1:]]
    cells = [list(headings), *([str(value) for value in row.values()] for row in rows)]
    cells.append(["all", *(f"{value:g}" for value in sums[:-1]), f"{sums[-1]:.1f}"])
    return aligned(cells)


def aligned(cells: Sequence[Sequence[str]]) -> list[str]:
    """Columns of one width, the first to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return [
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
