"""The table of signups at the end of the run: for each call and fault, who finished it and in how long."""

from collections import defaultdict
from typing import Any

from tests.faults.report import aligned

PROPERTY, LOOP = "signup row", "signup loop"
MARKS = {"end_user": "u", "customer": "c", "platform": "p", "meta": "m"}
LEGEND = (
    "Seconds from the code until all steps were done, without anybody; or, marked, until somebody was asked:"
    " u the end-user, p the platform's operators."
)


def lines(rows: list[dict[str, Any]]) -> list[str]:
    """`rows`: Row's fields, and label and fault of the case."""
    faults = list(dict.fromkeys(row["fault"] for row in rows))
    by_call: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in rows:
        by_call[row["label"]][row["fault"]] = row
    table = [["call", *faults, "twice"]]
    for label, found in by_call.items():
        twice = sum(row["twice"] for row in found.values())
        table.append([label, *(cell(found.get(fault)) for fault in faults), str(twice)])
    return [
        *aligned(table),
        "",
        LEGEND,
        *questions(rows),
        *sums(rows),
    ]


def cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return ""
    asked = MARKS[row["asked"].partition(" ")[0]] if row["asked"] else ""
    return f"{asked}{row['seconds']:.1f}{'' if row['is_finished'] else '!'}"


def questions(rows: list[dict[str, Any]]) -> list[str]:
    """What was asked of whom, and for which calls and faults."""
    asked: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row["asked"]:
            asked[row["asked"]].append(f"{row['label'].partition(': ')[2]} ({row['fault']})")
    return [f"{question}: {', '.join(calls)}" for question, calls in asked.items()]


def sums(rows: list[dict[str, Any]]) -> list[str]:
    by_whom = defaultdict(int, {"": 0})
    for row in rows:
        by_whom[row["asked"].partition(" ")[0]] += 1
    asked = ", ".join(f"{count} asked the {who.replace('_', '-')}" for who, count in by_whom.items() if who)
    unfinished = sum(not row["is_finished"] for row in rows)
    twice, longest = sum(row["twice"] for row in rows), max(row["seconds"] for row in rows)
    return [
        f"{len(rows)} signups: {by_whom['']} finished without anybody, {asked or 'nobody was asked'}.",
        f"Not finished in the end: {unfinished}. The longest took {longest:.1f} s.",
        f"Credit shares, registrations, syncs and connections made twice: {twice}.",
    ]
