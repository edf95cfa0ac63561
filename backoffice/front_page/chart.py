"""The figures of signups as pictures without a script: where each bar stands, for an SVG in a template."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from onboarding.admin.timeline import STEPS
from onboarding.figures import Day, Stage

WIDTH, HEIGHT, FOOT, GAP = 700, 160, 20, 8
OUTCOMES = ("completed", "failed", "abandoned")
WORDS = {
    "made": "Link made",
    "opened": "Opened by a person",
    "clicked": "Facebook window opened",
    "code": "Signed in: the code came",
    "completed": "Completed",
}


@dataclass(frozen=True)
class Bar:
    """`kind`: the outcome that it shows. In units of the picture."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Tick:
    x: float
    day: date


@dataclass(frozen=True)
class DayChart:
    """`days` are the numbers that a table beside the picture has."""

    bars: Sequence[Bar]
    ticks: Sequence[Tick]
    days: Sequence[Day]
    most: int
    width: int = WIDTH
    height: int = HEIGHT
    floor: int = HEIGHT - FOOT


@dataclass(frozen=True)
class StageRow:
    """`share`: percent of the first stage; `width`: of a picture 100 wide."""

    words: str
    links: int
    share: int


def day_chart(days: Sequence[Day]) -> DayChart:
    """Stacked bars, the same scale for all days."""
    most = max([day.completed + day.failed + day.abandoned for day in days] + [1])
    slot = WIDTH / max(len(days), 1)
    bars, ticks = [], []
    for place, day in enumerate(days):
        x, top = place * slot + GAP / 2, float(HEIGHT - FOOT)
        for kind in OUTCOMES:
            height = getattr(day, kind) / most * (HEIGHT - FOOT - GAP)
            top -= height
            if height:
                bars.append(Bar(kind, round(x, 1), round(top, 1), round(slot - GAP, 1), round(height, 1)))
        ticks.append(Tick(round(x + (slot - GAP) / 2, 1), day.day))
    return DayChart(bars, ticks, days, most)


def funnel_rows(stages: Sequence[Stage]) -> list[StageRow]:
    first = stages[0].links if stages else 0
    return [StageRow(words_of(stage.name), stage.links, share_of(stage.links, first)) for stage in stages]


def share_of(links: int, first: int) -> int:
    return round(100 * links / first) if first else 0


def words_of(name: str) -> str:
    return WORDS.get(name) or STEPS.get(name, name)
