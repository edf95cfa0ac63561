"""The commands of the image, word for word, as processes: they serve, work, tick, and end when asked to."""

import json
import os
import re
import threading
import time
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
import requests

from tests.deploy.files import OURS
from tests.deploy.image import Deployed, built
from tests.e2e.conftest import NEEDED
from tests.e2e.product import Browser
from tests.faults.menu import after
from tests.faults.sink import Sink, sink

pytestmark = [pytest.mark.e2e, pytest.mark.alone]
GRACE = float(OURS["web"]["stop_grace_period"].removesuffix("s"))
# What an ending may take here, where nothing that is in hand takes longer than a few seconds.
QUICKLY = GRACE / 3


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    database, redis = (os.environ[name] for name in NEEDED)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS gangway_deploy")
        connection.execute("CREATE DATABASE gangway_deploy")
    folder = tmp_path_factory.mktemp("deployed")
    product = Deployed(
        folder,
        embedded=False,
        database_url=urlsplit(database)._replace(path="/gangway_deploy").geturl(),
        redis_url=f"{redis.rpartition('/')[0]}/5",
        root=built(folder / "app"),
    )
    try:
        product.start()
        yield product
    finally:
        product.stop()


@pytest.fixture(scope="module")
def receiver() -> Iterator[Sink]:
    with sink() as opened:
        yield opened


def finding(product: Deployed, check: str) -> str:
    """What the doctor says of one thing."""
    said = json.loads(product.manage_loosely("doctor", "--json"))
    return str(next(row["status"] for row in said if row["check"] == check))


def endpoint(product: Deployed, receiver: Sink) -> str:
    """A path at the receiver that gets every event; made before anything happens."""
    path = f"/{uuid.uuid4()}"
    product.api("POST", "outgoing-webhooks", {"url": receiver.url + path, "events": ["*"]})
    return path


def signed_up(product: Deployed) -> dict[str, str]:
    link = product.make_link()
    Browser(link, str(uuid.uuid4())).bring(product.sign_up())
    return link


def test_the_web_is_healthy_and_ready(deployed: Deployed) -> None:
    assert deployed.is_healthy()
    assert requests.get(f"{deployed.url}/readyz", timeout=10).status_code == 200


def test_static_files_are_kept_for_ever_and_compressed(deployed: Deployed) -> None:
    link = deployed.make_link()
    page = requests.get(link["hostedUrl"], timeout=10).text
    (style, *_) = re.findall(r'href="(/static/[^"]+\.css)"', page)

    answer = requests.get(deployed.url + style, headers={"Accept-Encoding": "gzip"}, timeout=10)

    assert re.search(r"\.[0-9a-f]{12}\.css$", style)
    assert "immutable" in answer.headers["Cache-Control"]
    assert "max-age=315360000" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "gzip"


def test_every_queue_is_served_and_the_scheduler_ticks(deployed: Deployed) -> None:
    assert finding(deployed, "workers") == "ok"
    assert finding(deployed, "scheduler") == "ok"
    assert finding(deployed, "database") == "ok"


def test_a_signup_goes_through_all_of_it(deployed: Deployed, receiver: Sink) -> None:
    path = endpoint(deployed, receiver)

    link = signed_up(deployed)

    deployed.completed(link["id"])
    deployed.until(lambda: any(b'"phone_number.connected"' in one.body for one in receiver.came(path)))


@pytest.mark.long
def test_a_web_server_that_is_asked_to_end_answers_what_it_has(deployed: Deployed) -> None:
    phone = deployed.completed(signed_up(deployed)["id"])["phoneNumberId"]
    deployed.scenario("slow", ms=3000, call="send_message")
    answers: list[int] = []

    def send() -> None:
        answer = requests.post(
            f"{deployed.url}/v1/phones/{phone}/messages",
            json={"type": "text", "to": "5491155551234", "text": "Hello"},
            headers={"Authorization": f"Bearer {deployed.key}"},
            timeout=30,
        )
        answers.append(answer.status_code)

    asking = threading.Thread(target=send)
    asking.start()
    time.sleep(1.0)
    code = deployed.ended("web", QUICKLY)
    asking.join()
    deployed.clear_scenarios()
    deployed.start_web()
    deployed.wait_for(f"{deployed.url}/v1/openapi.json")

    assert answers == [201]
    assert code == 0


@pytest.mark.long
def test_a_worker_of_webhooks_that_is_asked_to_end_finishes_what_it_has(
    deployed: Deployed, receiver: Sink
) -> None:
    path = endpoint(deployed, receiver)
    receiver.plans[path] = [after(3.0)]
    webhook = next(one for one in deployed.api("GET", "outgoing-webhooks") if one["url"].endswith(path))

    deployed.make_link()
    link = signed_up(deployed)
    deployed.completed(link["id"])
    deployed.until(lambda: bool(receiver.came(path)))
    code = deployed.ended("worker-webhooks", QUICKLY)
    (first, *others) = reversed(deployed.api("GET", f"outgoing-webhooks/{webhook['id']}/deliveries"))
    deployed.container("worker-webhooks")

    assert code == 0
    assert (first["status"], len(first["attempts"])) == ("succeeded", 1)
    assert {one["status"] for one in others} <= {"pending", "succeeded"}
    deployed.until(
        lambda: (
            {one["status"] for one in deployed.api("GET", f"outgoing-webhooks/{webhook['id']}/deliveries")}
            == {"succeeded"}
        )
    )
    assert len({one.event_id for one in receiver.came(path)}) == len(receiver.came(path))


@pytest.mark.long
def test_a_worker_of_signups_that_is_asked_to_end_leaves_the_rest_to_the_next(deployed: Deployed) -> None:
    for call in ("get_waba", "get_phone_number"):
        deployed.scenario("slow", ms=1500, call=call)
    link = signed_up(deployed)
    time.sleep(1.0)

    code = deployed.ended("worker-signups", QUICKLY)
    left = deployed.link(link["id"])
    deployed.clear_scenarios()
    deployed.container("worker-signups")

    assert code == 0
    assert left["status"] == "processing"
    assert {row["status"] for row in left["progress"]} <= {"done", "waiting", "skipped"}
    assert deployed.completed(link["id"])["status"] == "completed"


@pytest.mark.long
@pytest.mark.parametrize("name", ["worker-messages", "scheduler"])
def test_what_has_nothing_in_hand_ends_at_once(deployed: Deployed, name: str) -> None:
    code = deployed.ended(name, QUICKLY)
    deployed.container(name)

    assert code == 0
