"""Points at which a signup is held until all of a round stand at theirs, so that one kill hits each there.

Before the call: Meta has it and will not do it. During: Meta does it after the caller has died. After: it is
answered, and the first row that would say so is locked. A call that is slow, and rows that another session
of PostgreSQL has locked, need nothing in the product.
"""

from collections.abc import Callable
from concurrent.futures import Future

import psycopg

from tests.faults.calls import EXCHANGE, TIMEOUT
from tests.faults.crowd import Crowd, Signup

# How long Meta keeps a call that is held, in seconds; the worker waits longer, its lease longer still.
HELD = 12.0
HOLDING = {"META_REQUEST_TIMEOUT": HELD + 1, "STEP_LEASE_SECONDS": HELD + 2}
# Long enough to lock a row while a call is on its way.
MOMENT = 1.5

STEP_ROW = "SELECT FROM onboarding_steprun WHERE signup_id = %(signup)s AND step = %(step)s FOR UPDATE"
SIGNUP_ROW = "SELECT FROM onboarding_signup WHERE id = %(signup)s FOR NO KEY UPDATE"
WABA_ROW = "SELECT FROM wabas_waba WHERE meta_waba_id = %(waba)s FOR NO KEY UPDATE"
PHONE_ROW = "SELECT FROM phones_phonenumber WHERE meta_phone_number_id = %(phone)s FOR NO KEY UPDATE"
# Everybody may lock the link against the others; only who completes it has to be alone.
LINK_SHARED = "SELECT FROM onboarding_onboardinglink WHERE id = %(link)s FOR KEY SHARE"
LINK_ROW = "SELECT FROM onboarding_onboardinglink WHERE id = %(link)s FOR NO KEY UPDATE"
LEDGER_ROW = """
    SELECT FROM phones_registrationattempt a JOIN phones_phonenumber p ON p.id = a.phone_id
    WHERE p.meta_phone_number_id = %(phone)s FOR UPDATE OF a
"""
SYNC_ROW = """
    SELECT FROM phones_coexistencesync s JOIN phones_phonenumber p ON p.id = s.phone_id
    WHERE p.meta_phone_number_id = %(phone)s AND s.kind = %(sync)s FOR UPDATE OF s
"""
# The row that the step writes first when its call was answered; all write their own in the end.
FIRST_WRITTEN = {
    "exchange": LINK_ROW,
    "identify_assets": SIGNUP_ROW,
    "save_waba": SIGNUP_ROW,
    "save_phone": SIGNUP_ROW,
    "subscribe_app": WABA_ROW,
    "share_credit_line": WABA_ROW,
    "register_phone": LEDGER_ROW,
    "sync_coexistence": SYNC_ROW,
    "create_templates": LINK_ROW,
}


class Lock:
    """Rows that a session of ours has locked until it is let go."""

    def __init__(self, crowd: Crowd, signup: Signup, *statements: str) -> None:
        self.crowd = crowd
        self.session = psycopg.connect(crowd.rig.database.url)
        names = {
            "signup": signup.id,
            "link": signup.link["id"],
            "waba": signup.made["wabaId"],
            "phone": signup.made["phoneNumberId"],
            "step": signup.case.call.step,
            "sync": dict(signup.case.call.match).get("sync_type"),
        }
        for statement in statements:
            self.session.execute(statement, names)

    def is_waited_for(self) -> bool:
        statement = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid)))"
        return bool(self.crowd.rig.rows(statement, self.session.info.backend_pid)[0][0])

    def let_go(self) -> None:
        self.session.close()


class Hold:
    """Made before the code is sent, `laid` right after; then `is_there` is asked again and again.

    `in_force`: the scenarios that no call has met yet.
    """

    # How long it lasts at least, from when the code is sent.
    seconds = HELD

    def __init__(self, crowd: Crowd, signup: Signup) -> None:
        self.crowd, self.signup = crowd, signup
        self.locks: list[Lock] = []

    def lay(self, sent: Future[None]) -> None:
        """Most need nothing more. `sent`: the code's sending, which may be held as well."""

    def is_there(self, in_force: set[str]) -> bool:
        raise NotImplementedError

    def let_go(self) -> None:
        for lock in self.locks:
            lock.let_go()


class AtCall(Hold):
    """Meta has the call in its hands, and `refuses` to do it, or does it in the end."""

    def __init__(self, crowd: Crowd, signup: Signup, *, refuses: bool) -> None:
        super().__init__(crowd, signup)
        # The web server waits as long as ever.
        self.seconds = TIMEOUT - 0.3 if signup.case.call is EXCHANGE else HELD
        self.scenario = crowd.fault(signup, name="slow", ms=1000 * self.seconds)
        if refuses:
            crowd.fault(signup, name="graph_down", how="reset")

    def is_there(self, in_force: set[str]) -> bool:
        return self.scenario not in in_force


class AtAnswer(Hold):
    """The call is answered, and what the worker would write is locked."""

    def __init__(self, crowd: Crowd, signup: Signup, *statements: str) -> None:
        super().__init__(crowd, signup)
        self.scenario = crowd.fault(signup, name="slow", ms=1000 * MOMENT, when="after")
        self.statements = statements

    def is_there(self, in_force: set[str]) -> bool:
        if not self.locks and self.scenario not in in_force:
            self.locks.append(Lock(self.crowd, self.signup, *self.statements))
        return bool(self.locks) and self.locks[0].is_waited_for()


class AtCompletion(Hold):
    """In the completion, which makes no call: at one lock after the other, the last one keeps it."""

    def __init__(self, crowd: Crowd, signup: Signup, *statements: str) -> None:
        super().__init__(crowd, signup)
        self.statements = list(statements)

    def lay(self, sent: Future[None]) -> None:
        sent.result()
        self.lock_next()

    def lock_next(self) -> None:
        self.locks.append(Lock(self.crowd, self.signup, self.statements.pop(0)))

    def is_there(self, in_force: set[str]) -> bool:
        if not self.locks[-1].is_waited_for():
            return False
        if self.statements:
            self.lock_next()
            self.locks[-2].let_go()
            return False
        return True


Holder = Callable[[Crowd, Signup], Hold]


def before(crowd: Crowd, signup: Signup) -> Hold:
    if signup.case.call.step == "complete_link":
        return AtCompletion(crowd, signup, LINK_SHARED)
    return AtCall(crowd, signup, refuses=True)


def during(crowd: Crowd, signup: Signup) -> Hold:
    if signup.case.call.step == "complete_link":
        return AtCompletion(crowd, signup, LINK_SHARED, PHONE_ROW)
    return AtCall(crowd, signup, refuses=False)


def after(crowd: Crowd, signup: Signup) -> Hold:
    step = signup.case.call.step
    if step == "complete_link":
        return AtCompletion(crowd, signup, LINK_SHARED, PHONE_ROW, STEP_ROW)
    return AtAnswer(crowd, signup, *[FIRST_WRITTEN[step]] if step in FIRST_WRITTEN else [], STEP_ROW)


def settling(crowd: Crowd, signup: Signup) -> Hold:
    """All is done but the row of the step itself, and what it makes ready has not been rung for."""
    if signup.case.call.step == "complete_link":
        return AtCompletion(crowd, signup, LINK_SHARED, PHONE_ROW, STEP_ROW)
    return AtAnswer(crowd, signup, STEP_ROW)


KILLS: dict[str, Holder] = {"kill before": before, "kill during": during, "kill after": after}
