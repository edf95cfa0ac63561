"""Meta's POSTs while the database or Redis is away: none is answered 200 and lost, none waits for Redis."""

import time
import uuid
from statistics import median

import pytest
import requests

from tests.faults.rig import Rig, until
from tests.meta_events.world import body_of, change, entry, signature

pytestmark = pytest.mark.e2e
# Of one answer, in the middle of many: what Meta wants is 0.25 s.
SOON = 0.05


def post(rig: Rig, body: bytes) -> tuple[int, float]:
    """The status, and the seconds until it came."""
    began = time.monotonic()
    headers = {"X-Hub-Signature-256": signature(body), "Content-Type": "application/json"}
    url = f"{rig.product.url}/webhook/meta"
    answer = requests.post(url, data=body, headers=headers, timeout=30)
    return answer.status_code, time.monotonic() - began


def told(mark: str, number: int) -> bytes:
    return body_of(entry(change("flows", event=f"{mark}-{number}"), entry_id="55"))


def handled(rig: Rig, mark: str) -> int:
    found = rig.rows(
        "SELECT count(*) FROM meta_events_change WHERE status = 'unknown' AND event LIKE %s", f"{mark}%"
    )
    return int(found[0][0])


@pytest.mark.parametrize("fault", ["crash", "freeze"])
def test_a_redis_that_is_away_makes_no_answer_slow_and_loses_nothing(rig: Rig, fault: str) -> None:
    mark = uuid.uuid4().hex
    getattr(rig.redis, fault)()

    answers = [post(rig, told(mark, number)) for number in range(40)]

    assert [status for status, _ in answers] == [200] * 40
    assert median(seconds for _, seconds in answers) < SOON
    assert max(seconds for _, seconds in answers) < 0.5
    rig.redis.thaw()
    if not rig.redis.is_up:
        rig.redis.start()
    until(lambda: handled(rig, mark) == 40)


def test_what_a_database_that_is_away_cannot_store_is_refused_at_once_and_taken_when_it_is_back(
    rig: Rig,
) -> None:
    mark = uuid.uuid4().hex
    bodies = [told(mark, number) for number in range(10)]
    assert post(rig, bodies[0])[0] == 200
    rig.database.crash()

    refused = [post(rig, body) for body in bodies[1:]]
    rig.database.start()

    assert [status for status, _ in refused] == [503] * 9
    assert max(seconds for _, seconds in refused) < 1
    until(lambda: all(post(rig, body)[0] == 200 for body in bodies))
    until(lambda: handled(rig, mark) == 10)
    assert rig.rows("SELECT count(*) FROM meta_events_change WHERE event LIKE %s", f"{mark}%") == [(10,)]
