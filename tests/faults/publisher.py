"""A process of the product that stores events as services do; tests give it orders, a line of JSON each.

Also a worker that is driven step by step, for faults between two steps that no outsider can hit. The answer
to an order is one line of JSON; an order that raises is answered with `{"raised": ...}`.
"""

import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402 - after the setup above
from django.db import Error, connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from organizations.models import Organization, Scope  # noqa: E402
from organizations.services import create_organization, issue_key  # noqa: E402
from phones.models import PhoneNumber  # noqa: E402
from wabas.models import Waba  # noqa: E402
from webhooks import delivery, tasks  # noqa: E402
from webhooks.events import publish as store  # noqa: E402
from webhooks.pump import Pump  # noqa: E402
from webhooks.services import create_webhook  # noqa: E402

NAME = "message.received"
DATA = {"content": {"text": "Cañón 👋"}, "z": 1, "a": [1.5, None, True]}
in_hand: dict[str, Any] = {"claimed": [], "outcomes": []}


def tenant() -> dict[str, str]:
    """An organization and a key of it."""
    organization = create_organization(name="Acme CRM")
    key = issue_key(organization=organization, name="faults", scopes=tuple(Scope.values)).secret
    return {"organization": str(organization.pk), "key": key}


def endpoints(organization: str, urls: list[str]) -> list[dict[str, str]]:
    """Saved as they are: how a URL is checked when it is saved is the API's."""
    owner = Organization.objects.get(pk=organization)
    with transaction.atomic():
        made = [create_webhook(organization=owner, url=url, events=["*"]) for url in urls]
    return [{"id": str(webhook.pk), "secret": webhook.secret} for webhook in made]


def number(organization: str, meta_waba_id: str, meta_id: str) -> str:
    """A connected account of the organization with one number; our id of it."""
    owner, now = Organization.objects.get(pk=organization), timezone.now()
    with transaction.atomic():
        waba = Waba.objects.create(organization=owner, meta_waba_id=meta_waba_id, connected_at=now)
        phone = PhoneNumber.objects.create(
            organization=owner, waba=waba, meta_phone_number_id=meta_id, phone_number="+15550783881"
        )
    return str(phone.pk)


def one(owner: Organization) -> tuple[str, float]:
    """One event in a transaction of its own; its id, and the seconds that it took, ring included."""
    begun = time.monotonic()
    with transaction.atomic():
        event = store(organization=owner, name=NAME, data=DATA)
        tasks.ring_on_commit()
    return event.pk, time.monotonic() - begun


def publish(organization: str, count: int) -> dict[str, Any]:
    owner = Organization.objects.get(pk=organization)
    stored = [one(owner) for _ in range(count)]
    return {"ids": [pk for pk, _ in stored], "seconds": [took for _, took in stored]}


def publish_together(organization: str, count: int) -> list[str]:
    owner = Organization.objects.get(pk=organization)
    with transaction.atomic():
        stored = [store(organization=owner, name=NAME, data=DATA).pk for _ in range(count)]
        tasks.ring_on_commit()
    return stored


def flow(organization: str, rate: float, seconds: float) -> dict[str, Any]:
    """`rate` events a second for `seconds`, whatever happens to the database in the meantime."""
    owner = Organization.objects.get(pk=organization)
    stored, failed, begun = [], 0, time.monotonic()
    for number in range(int(rate * seconds)):
        time.sleep(max(0.0, begun + number / rate - time.monotonic()))
        try:
            stored.append(one(owner))
        except Error:
            failed += 1
            connection.close()
            time.sleep(0.05)
    return {"ids": [pk for pk, _ in stored], "seconds": [took for _, took in stored], "failed": failed}


def roll_back(organization: str) -> None:
    owner = Organization.objects.get(pk=organization)
    with transaction.atomic():
        store(organization=owner, name=NAME, data=DATA)
        tasks.ring_on_commit()
        transaction.set_rollback(True)


def die(organization: str, when: str) -> None:
    """Is killed `before` the commit, or `after` it and before the ring."""
    owner = Organization.objects.get(pk=organization)
    with transaction.atomic():
        store(organization=owner, name=NAME, data=DATA)
        if when == "after":
            transaction.on_commit(kill_ourselves)
        tasks.ring_on_commit()
        connection.check_constraints()
        if when == "before":
            kill_ourselves()


def kill_ourselves() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hold(organization: str, seconds: float, *, rings_early: bool) -> float:
    """A transaction that stays open, with the endpoint's row share-locked; the Unix time of its commit."""
    owner = Organization.objects.get(pk=organization)
    with transaction.atomic():
        store(organization=owner, name=NAME, data=DATA)
        connection.check_constraints()
        if rings_early:
            tasks.ring()
        time.sleep(seconds)
        tasks.ring_on_commit()
        return time.time()


def ring(count: int) -> None:
    for _ in range(count):
        tasks.ring()


def operator() -> dict[str, str]:
    """Somebody who may see everything in the admin."""
    login = {"username": f"faults-{uuid4().hex}", "password": uuid4().hex}
    User.objects.create_superuser(**login)
    return login


def erase(organization: str) -> None:
    Organization.objects.get(pk=organization).delete()


# -- a worker, step by step -------------------------------------------------------------------------


def claim() -> int:
    in_hand["claimed"] = delivery.claim(100, now=timezone.now())
    return len(in_hand["claimed"])


def send() -> None:
    in_hand["outcomes"] = [delivery.send(claimed, at=timezone.now()) for claimed in in_hand["claimed"]]


def settle() -> None:
    delivery.settle(in_hand["outcomes"], now=timezone.now())


def pumps(count: int) -> None:
    """So many claimers at once, until nothing is due."""

    def work() -> None:
        Pump().run(when_time_is_up=lambda: None)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


ORDERS: dict[str, Callable[..., Any]] = {
    order.__name__: order
    for order in (
        operator, tenant, endpoints, number, publish, publish_together, flow, roll_back, die, hold, ring,
        erase, claim, send, settle, pumps,
    )
}  # fmt: skip


def obey(line: str) -> dict[str, Any]:
    order = json.loads(line)
    if connection.connection is not None and not connection.is_usable():
        connection.close()  # the database was away in the meantime
    try:
        return {"done": ORDERS[order.pop("order")](**order)}
    except Exception:  # noqa: BLE001 - the outermost edge: the test that gave the order is told
        connection.close()
        return {"raised": traceback.format_exc()}


def main() -> None:
    for line in sys.stdin:
        sys.stdout.write(json.dumps(obey(line)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
