"""Many signups at once over HTTP, each with its own fault at the fake Meta, and what became of each."""

import time
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from tests.faults.calls import EXCHANGE, IN_TURN, TEMPLATES, TOGETHER, GraphCall
from tests.faults.rig import Rig, until

# What the product needs to know for these; the other tests of this folder make no signup.
SETTINGS = {
    "META_CREDIT_LINE_ID": "1900000000000001",
    # Longer than a code takes to come while hundreds do.
    "RECOVERY_SILENCE_SECONDS": "3",
    "RECOVERY_UNSEEN_SECONDS": "5",
    "PAGE_RATE_LIMIT_PER_ADDRESS": "100000",
}
# So many signups at most have work that could be done now, or their seconds would tell of the queue.
AT_ONCE = 10
BEGINNERS = 6
PATIENCE = 90.0
# What may be done once alone.
COUNTED = frozenset(
    {"share_and_attach", "share_credit", "attach_credit", "register", "smb_app_data", "create_template"}
)
STANDING = """
    SELECT s.id::text, s.state, l.status, coalesce(s.error, l.last_error), l.next_action,
        coalesce(bool_and(r.status IN ('done', 'skipped')), false),
        coalesce(bool_or(r.status = 'running'), false),
        coalesce(bool_or(r.status = 'waiting' AND r.next_attempt_at IS NOT NULL), false),
        extract(epoch FROM max(r.finished_at))::float,
        array_agg(r.step || ' ' || r.status ORDER BY r.position)
    FROM onboarding_signup s
        JOIN onboarding_onboardinglink l ON l.id = s.link_id
        LEFT JOIN onboarding_steprun r ON r.signup_id = s.id
    WHERE s.id = ANY(%s::uuid[]) GROUP BY s.id, l.id
"""
BUSY = """
    SELECT count(DISTINCT signup_id) FROM onboarding_steprun r JOIN onboarding_signup s ON s.id = r.signup_id
    WHERE s.state IN ('running', 'completed')
        AND (r.status = 'running' OR (r.status = 'waiting' AND r.next_attempt_at <= now()))
"""
CONNECTED = """
    SELECT count(*) FROM webhooks_event WHERE name = 'phone_number.connected'
        AND convert_from(body, 'UTF8')::jsonb #>> '{data,onboardingLinkId}' = %s
"""


@dataclass(frozen=True)
class Case:
    """One signup of the table: which call of it meets which fault."""

    call: GraphCall
    fault: str

    def __str__(self) -> str:
        words = f"{self.call.label} {self.fault}".replace(":", "").replace(",", "")
        return words.replace(" ", "-")


@dataclass
class Signup:
    """One try of one link. `made`: what Meta's window brought; `begun`: when the code was sent, Unix time."""

    case: Case
    link: dict[str, Any]
    made: dict[str, Any]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    begun: float = 0.0


@dataclass(frozen=True)
class Standing:
    """Where a signup stands in the database."""

    id: str
    state: str
    link_status: str
    error: dict[str, Any] | None
    next_action: dict[str, Any] | None
    is_whole: bool  # every step is done or skipped
    is_running: bool
    is_waiting: bool
    finished_at: float | None
    steps: list[str]

    @property
    def is_finished(self) -> bool:
        return self.is_whole and self.state == self.link_status == "completed"

    @property
    def is_at_rest(self) -> bool:
        """Nothing happens any more unless somebody does something."""
        is_over = self.state == "failed" or not self.is_waiting
        return self.state not in {"opened", "exchanging"} and is_over and not self.is_running

    @property
    def asked(self) -> str:
        """Who has to move, and the code that says why; empty when nobody has to."""
        if self.is_finished or not self.is_at_rest:
            return ""
        told = self.error if self.state == "failed" else self.next_action
        return f"{told['actor']} {told['code']}" if told else ""


class Crowd:
    """The rig's product, with a credit line at the fake Meta, whose webhooks reach the product."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.product = rig, rig.product
        self.sandbox, self.page = requests.Session(), requests.Session()
        for session in (self.sandbox, self.page):
            session.mount("http://", HTTPAdapter(pool_maxsize=32))
        self.control(
            "app",
            callbackUrl=f"{self.product.url}/webhook/meta",
            verifyToken="sandbox-verify-token",
            creditLineId=SETTINGS["META_CREDIT_LINE_ID"],
        )

    def control(self, path: str, /, **body: Any) -> Any:
        answer = self.sandbox.post(f"{self.product.sandbox_url}/_sandbox/{path}", json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def asked_sandbox(self, name: str, **query: Any) -> Any:
        return self.sandbox.get(
            f"{self.product.sandbox_url}/_sandbox/{name}", params=query, timeout=30
        ).json()

    # -- processes ------------------------------------------------------------------------------------

    def work(self, threads: int = 16, **settings: Any) -> None:
        """The worker of signups as it is from now on: killed where it runs, started with these settings."""
        if self.rig.runs("worker-signups"):
            self.product.kill("worker-signups")
        self.product.settings |= {name: str(value) for name, value in settings.items()}
        starts = self.worker_starts()
        self.product.worker("signups", str(threads), "signup,messages,maintenance")
        until(lambda: self.worker_starts() > starts, every=0.1)

    def worker_starts(self) -> int:
        """How often one has got as far as Celery's banner, all of the product imported."""
        log = self.product.folder / "worker-signups.log"
        return log.read_text(errors="replace").count(f"signups@{self.product.web_port} v")

    def warm_up(self) -> None:
        """Until a worker that was just started does what it is told."""
        first = self.made(Case(GraphCall("warm up", ""), "nothing"))
        self.send(first)
        assert self.at_rest([first])[first.id].is_finished

    # -- signups --------------------------------------------------------------------------------------

    def made(self, case: Case, **more: Any) -> Signup:
        """A link, and a person who has finished Meta's window. Nothing has come back to the page yet."""
        choice = {"choice": case.call.choice, "businessName": f"Business {uuid.uuid4()}"}
        # Meta's own word would bring the signup back where its code is lost: only there it is wanted.
        told = {"partnerAdded": "together" if case.call is EXCHANGE else "never"}
        made = self.product.sign_up(**{**choice, **told, **more})
        asked = {"starterTemplates": ["send_file"]} if case.call.step == TEMPLATES else {}
        return Signup(case, self.product.make_link(name=str(case), **asked), made)

    def fault(self, signup: Signup, **scenario: Any) -> str:
        """Lays a fault on the call of the signup's case; the id of the scenario."""
        call = signup.case.call
        given = {"times": 1, **scenario, "target": signup.made["businessId"]}
        if call is EXCHANGE:
            # A code works once, and is sent once.
            given["times"] = 1
        return str(self.control("scenarios", **given, call=call.name, match=dict(call.match))["id"])

    def in_force(self) -> list[dict[str, Any]]:
        """The scenarios that no call has met yet, or not often enough."""
        active: list[dict[str, Any]] = self.asked_sandbox("scenarios")["active"]
        return active

    def send(self, signup: Signup) -> None:
        """What the page sends: the ids, then the code."""
        assert self.call(signup, "session", signup.made["session"]).status_code == 202
        signup.begun = time.time()
        with suppress(requests.ConnectionError):
            self.call(signup, "callback", {"code": signup.made["code"]})

    def call(self, signup: Signup, name: str, body: dict[str, Any]) -> requests.Response:
        url = signup.link["hostedUrl"]
        if "csrftoken" not in self.page.cookies:
            assert self.page.get(url, timeout=30).status_code == 200
        token = str(self.page.cookies["csrftoken"])
        return self.page.post(
            f"{url}/{name}", json={"signupId": signup.id, **body}, headers={"X-CSRFToken": token}, timeout=60
        )

    def begin(self, cases: Iterable[Case], scenarios: Mapping[str, Mapping[str, Any]]) -> list[Signup]:
        """A signup of each case under its fault, no more at once than the machine has hands for."""

        def begun(case: Case) -> Signup:
            with suppress(AssertionError):
                until(lambda: self.rig.rows(BUSY)[0][0] < AT_ONCE, 10, every=0.1)
            signup = self.made(case)
            self.fault(signup, **scenarios[case.fault])
            self.send(signup)
            return signup

        with ThreadPoolExecutor(BEGINNERS) as pool:
            return list(pool.map(begun, cases))

    def standings(self, signups: Iterable[Signup]) -> dict[str, Standing]:
        rows = self.rig.rows(STANDING, [signup.id for signup in signups])
        return {row[0]: Standing(*row) for row in rows}

    def at_rest(self, signups: list[Signup], seconds: float = PATIENCE) -> dict[str, Standing]:
        """Where all stand when nothing moves any more, or when the time is over."""
        ends = time.monotonic() + seconds
        while True:
            found = self.standings(signups)
            resting = [
                standing.is_finished or (standing.is_at_rest and signup.case.call is not EXCHANGE)
                for signup in signups
                if (standing := found.get(signup.id))
            ]
            if (len(resting) == len(signups) and all(resting)) or time.monotonic() > ends:
                return found
            time.sleep(0.2)

    # -- what came of it ------------------------------------------------------------------------------

    def effects(self, signup: Signup) -> Counter[str]:
        """How often Meta did what may be done once alone, for this signup's business."""
        business = signup.made["businessId"]
        done = Counter(
            " ".join([entry["call"], *filter(None, [entry["body"].get("sync_type")])])
            for entry in self.asked_sandbox("calls", target=business)["data"]
            if entry["done"] and entry["call"] in COUNTED
        )
        shares = self.asked_sandbox("objects", kind="allocation", business=business)["data"]
        return done + Counter({"allocation": len(shares)})

    def connected_events(self, signup: Signup) -> int:
        count: int = self.rig.rows(CONNECTED, signup.link["id"])[0][0]
        return count

    # -- doing what is asked ----------------------------------------------------------------------------

    def cure(self, signup: Signup, standing: Standing) -> Signup:
        """Who has to move does: the end-user signs in again, or we mend our side and run it again."""
        if not standing.asked.startswith("end_user"):
            self.product.api("POST", f"onboarding-links/{signup.link['id']}/retry")
            return signup
        again = self.made(signup.case, phoneNumber=signup.made["phoneNumber"])
        if standing.link_status == "pending":
            again.link = signup.link
        self.send(again)
        return again


def expected(call: GraphCall) -> Counter[str]:
    """What a whole signup has done at Meta, of what is counted."""
    shared = {
        TOGETHER: ["share_and_attach"],
        IN_TURN: ["share_credit", "attach_credit"],
    }[call.method]
    own = {
        "success": ["register"],
        "coexistence": ["smb_app_data smb_app_state_sync", "smb_app_data history"],
    }[call.choice]
    handed_in = ["create_template"] if call.step == TEMPLATES else []
    return Counter(["allocation", *shared, *own, *handed_in])
