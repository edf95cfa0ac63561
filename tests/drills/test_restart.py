"""`make drill-restart`: a rolling restart under load costs no request and no event, nothing is done twice."""

import json
import os
import sys
import time
import uuid
from collections import Counter
from typing import Any

import psycopg
import pytest

from bench.rig.figures import table
from tests.drills.fleet import EACH, KINDS, Fleet
from tests.drills.load import Load, events_of
from tests.e2e.product import Browser
from tests.faults.sink import Sink

pytestmark = [pytest.mark.e2e, pytest.mark.long]
ROUNDS = int(os.environ.get("DRILL_ROUNDS", "2"))
# So often a second.
RATES = {
    "reads": 10.0,
    "link_creations": 4.0,
    "message_sends": 3.0,
    "notifications": 6.0,
    "whole_signups": 0.3,
}
SETTLES_WITHIN = 120.0
OPEN = """
    SELECT (SELECT count(*) FROM webhooks_delivery WHERE state IN ('pending', 'in_flight'))
        + (SELECT count(*) FROM meta_events_change WHERE due_at IS NOT NULL)
        + (SELECT count(*) FROM meta_events_notification WHERE split_at IS NULL)
        + (SELECT count(*) FROM inbox_outboxentry WHERE finished_at IS NULL)
        + (SELECT count(*) FROM onboarding_steprun WHERE status IN ('waiting', 'running'))
"""
# Everything that happened since somebody wanted to know of it, whether or not anybody was told.
HAPPENED = """
    SELECT event.id FROM webhooks_event event, webhooks_outgoingwebhook hook
    WHERE hook.id = %s AND event.created_at > hook.created_at
"""
STORED = "SELECT wamid FROM inbox_message WHERE direction = 'inbound'"


def rows(fleet: Fleet, statement: str, *parameters: Any) -> list[Any]:
    with psycopg.connect(fleet.database_url, autocommit=True) as connection:
        return connection.execute(statement, parameters).fetchall()


def connected(fleet: Fleet) -> Load:
    """A customer with a number that works, and everybody who will want something of it."""
    link, made = fleet.make_link(), fleet.sign_up()
    Browser(link, str(uuid.uuid4())).bring(made)
    phone = fleet.completed(link["id"], 60)["phoneNumberId"]
    return Load(fleet, phone, made)


def at_rest(fleet: Fleet, path: str, receiver: Sink) -> None:
    """Nothing is on its way any more."""
    ends = time.monotonic() + SETTLES_WITHIN
    quiet = 0
    while quiet < 3:
        assert time.monotonic() < ends, rows(fleet, OPEN)
        before = len(receiver.came(path))
        time.sleep(0.5)
        is_quiet = rows(fleet, OPEN)[0][0] == 0 and len(receiver.came(path)) == before
        quiet = quiet + 1 if is_quiet else 0


def test_a_rolling_restart_under_load_costs_no_request_and_no_event(fleet: Fleet, receiver: Sink) -> None:
    load, proxy = connected(fleet), fleet.proxy
    assert proxy is not None
    path = "/drill"
    hook = fleet.api("POST", "outgoing-webhooks", {"url": receiver.url + path, "events": ["*"]})
    begun = time.monotonic()

    load.begin(**RATES)
    for number in range(ROUNDS):
        one_round(fleet, number)
    load.end()
    seconds = time.monotonic() - begun
    at_rest(fleet, path, receiver)

    told = Counter(one.event_id for one in receiver.came(path))
    events = {event for (event,) in rows(fleet, HAPPENED, hook["id"])}
    bodies = [one.body for one in receiver.came(path)]
    came = events_of(bodies, "message.received")
    completions = Counter(data["onboardingLinkId"] for data in events_of(bodies, "onboarding_link.completed"))
    stored = {wamid for (wamid,) in rows(fleet, STORED)}
    sent = sent_at_meta(fleet)
    report(fleet, load, seconds, {
        "events stored": len(events),
        "events that came": len(told),
        "events lost": len(events - set(told)),
        "events that came twice": sum(told.values()) - len(told),
        "notifications answered 200": len(load.notified),
        "of them not stored": len(load.notified - stored),
        "of them not told": len(load.notified - {data["wamid"] for data in came}),
        "messages answered 201": len(load.messages),
        "of them not at Meta": len(load.messages - set(sent)),
        "sent twice": sum(sent.values()) - len(sent),
        "signups begun": len(load.signups),
        "of them not completed": len(not_completed(fleet, load)),
        "of them not told once": sum(completions[link] != 1 for link in load.signups),
        "registered twice": len(registered_twice(fleet)),
    })  # fmt: skip
    assert load.failures == []
    assert (proxy.broken, proxy.refused) == ([], [])
    assert events - set(told) == set()
    assert load.notified - stored == set()
    assert load.notified - {data["wamid"] for data in came} == set()
    assert len({data["wamid"] for data in came}) == len({data["messageId"] for data in came})
    assert load.messages - set(sent) == set()
    assert sum(sent.values()) == len(sent)
    assert not_completed(fleet, load) == []
    assert [link for link in load.signups if completions[link] != 1] == []
    assert registered_twice(fleet) == []


def one_round(fleet: Fleet, number: int) -> None:
    """An upgrade by the guide: the migration first, then web, then workers, one after the other."""
    fleet.migrate("zero" if number % 2 else "0001")
    first, second = EACH if number % 2 == 0 else EACH[::-1]
    fleet.reload_web(first)
    fleet.restart_web(second)
    for kind in KINDS:
        for one in EACH:
            fleet.restart_worker(kind, one)
    fleet.restart_scheduler()


def sent_at_meta(fleet: Fleet) -> Counter[str]:
    """How often Meta took each text."""
    return Counter(
        call["body"]["text"]["body"]
        for call in fleet.calls("send_message")
        if call["done"] and "text" in call["body"]
    )


def not_completed(fleet: Fleet, load: Load) -> list[str]:
    return [link for link in load.signups if fleet.link(link)["status"] != "completed"]


def registered_twice(fleet: Fleet) -> list[str]:
    times = Counter(call["path"] for call in fleet.calls("register") if call["done"])
    return [path for path, number in times.items() if number > 1]


def report(fleet: Fleet, load: Load, seconds: float, found: dict[str, int]) -> None:
    failed = Counter(failure.partition(":")[0] for failure in load.failures)
    done = [(name, str(number)) for name, number in fleet.counts.items() if " started" not in name]
    lines = [
        f"\n{seconds:.0f} s of load",
        table(("requests", "made", "failed"),
              [(name, str(made), str(failed[name])) for name, made in load.made.items()]),
        table(("done to it", "times"), done),
        table(("process", "MiB resident"), [(name, str(size)) for name, size in fleet.memory().items()]),
        table(("what became of it", "number"), [(name, str(number)) for name, number in found.items()]),
        *load.failures[:10],
        *(json.dumps(line) for line in (fleet.proxy.broken[:10] if fleet.proxy else ())),
    ]  # fmt: skip
    sys.stdout.write("\n\n".join(lines) + "\n")
