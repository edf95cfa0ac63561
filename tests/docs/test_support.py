"""The support guide's table: each row has its test in the drill, and nobody clicks more than four times."""

import re

from tests.drills.guide import rows
from tests.drills.test_support import MOST
from tests.e2e.product import ROOT

DRILL = ROOT / "tests" / "drills" / "test_support.py"


def test_each_row_is_lived_through_by_the_drill_and_by_nothing_else():
    in_drill = re.findall(r'^    tried\("(.+)", desk\)$', DRILL.read_text(), re.MULTILINE)

    assert sorted(in_drill) == sorted(rows())


def test_no_cure_takes_more_than_four_clicks():
    assert {row.happened for row in rows().values() if len(row.press) != row.clicks} == set()
    assert max(row.clicks for row in rows().values()) <= MOST
