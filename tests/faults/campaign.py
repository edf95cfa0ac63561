"""Every fault on every call, in phases: what passes by itself, workers that die, a broker that forgets."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from tests.faults.calls import CALLS, CALLS_IN_TURN, COMPLETION, EXCHANGE, FAULTS, TIMEOUT
from tests.faults.crowd import PATIENCE, Case, Crowd, Signup, Standing, expected
from tests.faults.holding import HOLDING, KILLS, Hold, Holder, settling
from tests.faults.rig import until

BROKER = "broker lost"
WEATHER = {fault.name: fault.scenario for fault in FAULTS}
# A lease that ends under a worker that lives is another test's.
USUAL = {"META_REQUEST_TIMEOUT": TIMEOUT, "STEP_LEASE_SECONDS": 15}
# Within so many seconds from the code Meta has done what it does late.
LATEST = 9.0
# So many signups are held at once; each may keep a few threads of the worker waiting.
ROUND, THREADS = 16, 64


def cases() -> list[Case]:
    """What the table has, in the order of the calls."""
    made = [Case(EXCHANGE, name) for name in (*WEATHER, *KILLS)]
    for call in (*CALLS, *CALLS_IN_TURN):
        made += [Case(call, fault.name) for fault in FAULTS if call.is_change or not fault.needs_change]
        made += [Case(call, name) for name in (*KILLS, BROKER)]
    return made + [Case(COMPLETION, name) for name in (*KILLS, BROKER)]


@dataclass(frozen=True)
class Row:
    """What became of one signup.

    `asked`: who had to move and why, empty where nobody had to. `seconds`: from the code until it was
    finished, or asked. `is_finished`: in the end, when who was asked had done it. `twice`: what Meta did
    again, and whatever connections the client was told of beside the one. `missing`: what Meta never did.
    `was_hit`: by all of its fault.
    """

    asked: str
    seconds: float
    is_finished: bool
    twice: int
    missing: list[str]
    was_hit: bool
    steps: str


class Campaign:
    def __init__(self, crowd: Crowd) -> None:
        self.crowd, self.rig, self.product = crowd, crowd.rig, crowd.product
        self.rows: dict[Case, Row] = {}
        self.missed: set[str] = set()

    def run(self, wanted: Sequence[Case]) -> dict[Case, Row]:
        """The rows of these cases. A signup that did not end well is a row that says so."""
        for method in dict.fromkeys(case.call.method for case in wanted):
            self.crowd.work(THREADS, META_CREDIT_METHOD=method, **USUAL)
            self.crowd.warm_up()
            self.run_by([case for case in wanted if case.call.method == method])
        return self.rows

    def run_by(self, wanted: Sequence[Case]) -> None:
        dying = [case for case in wanted if case.fault in KILLS]
        lost = self.kill_web([case for case in dying if case.call is EXCHANGE])
        self.finish(lost + self.crowd.begin([case for case in wanted if case.fault in WEATHER], WEATHER))
        killed = self.kill_workers([case for case in dying if case.call is not EXCHANGE])
        self.finish(killed + self.lose_broker([case for case in wanted if case.fault == BROKER]))

    # -- processes that die -----------------------------------------------------------------------------

    def kill_web(self, cases: Sequence[Case]) -> list[Signup]:
        """Each of these keeps one thread of the web server."""

        def killed() -> None:
            self.product.kill("web")

        def started(signups: list[Signup], is_last: bool) -> None:
            self.product.start_web()
            self.product.wait_for(f"{self.product.url}/v1/openapi.json")

        return self.in_rounds(cases, KILLS, killed, started)

    def kill_workers(self, cases: Sequence[Case]) -> list[Signup]:
        def killed() -> None:
            self.product.kill("worker-signups")

        def started(signups: list[Signup], is_last: bool) -> None:
            self.crowd.work(THREADS, **(USUAL if is_last else HOLDING))

        if cases:
            self.crowd.work(THREADS, **HOLDING)
        return self.in_rounds(cases, KILLS, killed, started)

    def lose_broker(self, cases: Sequence[Case]) -> list[Signup]:
        """Redis forgets everything and is away while the held steps end: what they ring for is lost."""

        def started(signups: list[Signup], is_last: bool) -> None:
            until(lambda: not any(one.is_running for one in self.crowd.standings(signups).values()))
            self.rig.redis.start()

        return self.in_rounds(cases, {BROKER: settling}, self.rig.redis.crash, started)

    def in_rounds(
        self,
        cases: Sequence[Case],
        at: dict[str, Holder],
        hit: Callable[[], None],
        then: Callable[[list[Signup], bool], None],
    ) -> list[Signup]:
        """`hit` comes when all of a round are held, `then` when they are free again.

        On a machine with much else to do some are not there in time: those begin anew in another round.
        """
        begun: dict[Case, Signup] = {}
        waiting, again = list(cases), set[Case]()
        while waiting:
            now, waiting = waiting[:ROUND], waiting[ROUND:]
            with self.held(now, at) as signups:
                hit()
            late = {signup.case for signup in signups if signup.id in self.missed} - again
            again |= late
            waiting += late
            then(signups, not waiting)
            begun |= {signup.case: signup for signup in signups}
        return list(begun.values())

    @contextmanager
    def held(self, cases: Sequence[Case], at: dict[str, Holder]) -> Iterator[list[Signup]]:
        """Signups that stand where each of them is to be hit, until the block is over."""
        signups = [self.crowd.made(case) for case in cases]
        holds = [at[signup.case.fault](self.crowd, signup) for signup in signups]
        with ThreadPoolExecutor(ROUND) as pool:
            sent = [pool.submit(self.crowd.send, signup) for signup in signups]
            for hold, one in zip(holds, sent, strict=True):
                hold.lay(one)
            self.wait_for(holds)
            yield signups
            for hold in holds:
                hold.let_go()

    def wait_for(self, holds: list[Hold]) -> None:
        """Until all are there, or the first could be gone again."""
        missing, ends = list(holds), time.monotonic() + PATIENCE
        while missing and time.monotonic() < ends:
            in_force = {one["id"] for one in self.crowd.in_force()}
            missing, before = [hold for hold in missing if not hold.is_there(in_force)], len(missing)
            if before == len(holds) > len(missing):
                ends = time.monotonic() + min(hold.seconds for hold in holds) - 0.5
            time.sleep(0.05)
        self.missed |= {hold.signup.id for hold in missing}

    # -- what became of them ---------------------------------------------------------------------------

    def finish(self, signups: list[Signup]) -> None:
        """Waits, does what is asked, waits again, and writes the rows."""
        first = self.crowd.at_rest(signups)
        # What Meta does late is seen too.
        time.sleep(max([0.0, *(one.begun + LATEST - time.time() for one in signups)]))
        twice = {
            signup.id: (self.crowd.effects(signup) - expected(signup.case.call)).total() for signup in signups
        }
        in_force = {one["target"] for one in self.crowd.in_force()}
        self.missed |= {signup.id for signup in signups if signup.made["businessId"] in in_force}
        asked = [signup for signup in signups if signup.id in first and first[signup.id].asked]
        with ThreadPoolExecutor(3) as pool:
            cured = list(pool.map(lambda signup: self.crowd.cure(signup, first[signup.id]), asked))
        last = first | self.crowd.at_rest(cured)
        ends = {before.id: after for before, after in zip(asked, cured, strict=True)}
        for signup in signups:
            end = ends.get(signup.id, signup)
            self.rows[signup.case] = self.row(signup, first.get(signup.id), end, last.get(end.id), twice)

    def row(
        self,
        signup: Signup,
        first: Standing | None,
        end: Signup,
        last: Standing | None,
        twice: dict[str, int],
    ) -> Row:
        finished_at = first.finished_at if first else None
        events, wanted = self.crowd.connected_events(end), expected(signup.case.call)
        effects = self.crowd.effects(end)
        if end is not signup:
            # Who signs in again is onboarded again, and brings the chats along again.
            effects -= Counter({name: times - 1 for name, times in effects.items() if name.startswith("smb")})
        return Row(
            asked=first.asked if first else "",
            seconds=round(finished_at - signup.begun, 1) if finished_at else 0.0,
            is_finished=bool(last and last.is_finished),
            twice=max(twice[signup.id], (effects - wanted).total()) + max(0, events - 1),
            missing=sorted((wanted - effects).keys()),
            was_hit=signup.id not in self.missed,
            steps=", ".join(last.steps) if last else "no step",
        )
