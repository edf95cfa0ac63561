"""No failure after the code is sent needs the end-user again, unless only the end-user can cure it."""

from dataclasses import asdict
from typing import Any

import pytest

from tests.faults.calls import EXCHANGE, FAULTS, LIMITED
from tests.faults.campaign import Campaign, Row, cases
from tests.faults.crowd import Case, Crowd
from tests.faults.signup_report import PROPERTY

pytestmark = pytest.mark.e2e
REFUSALS = {fault.name for fault in FAULTS if fault.is_refusal}


@pytest.fixture(scope="module")
def table(crowd: Crowd, request: pytest.FixtureRequest) -> dict[Case, Row]:
    """All signups of the tests that are run, side by side."""
    wanted: list[Any] = [
        item.callspec.params["case"]
        for item in request.session.items
        if isinstance(item, pytest.Function) and "table" in item.fixturenames
    ]
    return Campaign(crowd).run(wanted)


def every_fourth() -> list[Any]:
    """All cases. `make test` runs a quarter, in which every call meets faults and every fault calls.

    Of uploads, whose calls fail as those before and after them do, it runs none.
    """
    return [
        pytest.param(
            case,
            id=str(case),
            marks=[]
            if (place + place // len(FAULTS)) % 4 == 0 and "upload" not in case.call.name
            else pytest.mark.long,
        )
        for place, case in enumerate(cases())
    ]


@pytest.mark.parametrize("case", every_fourth())
def test_a_signup_finishes_and_makes_nothing_twice(
    case: Case, table: dict[Case, Row], request: pytest.FixtureRequest
) -> None:
    row = table[case]
    told = {"label": case.call.label, "fault": case.fault} | asdict(row)
    request.node.user_properties.append((PROPERTY, told))

    assert row.was_hit
    assert row.asked == (case.call.refused if case.fault in REFUSALS else "")
    assert row.is_finished, row.steps
    assert (row.twice, row.missing) == (0, [])
    # A lost code is not tried again: Meta's own word brings the signup back.
    if case.fault == "80007" and not row.asked and case.call is not EXCHANGE:
        assert row.seconds >= LIMITED * 60
