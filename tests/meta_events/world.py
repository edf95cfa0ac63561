"""Meta at the other end: bodies as it writes them, signed and posted; and workers that handle them."""

import hashlib
import hmac
import itertools
import json
import time
from typing import Any

from django.test import Client

from meta_events.models import Change, Notification
from meta_events.pump import Pump

APP_SECRET = "sandbox-app-secret"
PORTFOLIO = "100000000000001"
serial = itertools.count(1)


def change(field: str = "account_update", **value: Any) -> dict[str, Any]:
    return {"field": field, "value": value}


def entry(*changes: Any, entry_id: str = PORTFOLIO, at: int | None = None) -> dict[str, Any]:
    """An entry of its own second, unless it is told when."""
    moment = int(time.time()) - 100_000 + next(serial) if at is None else at
    return {"id": entry_id, "time": moment, "changes": list(changes)}


def body_of(*entries: Any, kind: str = "whatsapp_business_account") -> bytes:
    """As Meta writes it: what is not ASCII escaped, slashes too."""
    envelope = {"object": kind, "entry": list(entries)}
    return json.dumps(envelope, separators=(",", ":")).replace("/", "\\/").encode()


def signature(body: bytes, secret: str = APP_SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def post(client: Client, body: bytes, path: str = "/webhook/meta", **headers: str) -> Any:
    given = {"X-Hub-Signature-256": signature(body)} | headers
    return client.post(path, data=body, content_type="application/json", headers=given)


def told(*changes: Any, entry_id: str = PORTFOLIO, at: int | None = None) -> Notification:
    """Posts one entry and gives back its row."""
    answer = post(Client(), body_of(entry(*changes, entry_id=entry_id, at=at)))
    assert answer.status_code == 200
    return Notification.objects.latest("pk")


def worked(**options: Any) -> Pump:
    """A worker has handled everything that is due."""
    pump = Pump(when_done=lambda: None)
    pump.run(when_time_is_up=lambda: None, **options)
    return pump


def states() -> list[str]:
    return list(Change.objects.order_by("pk").values_list("status", flat=True))


def the_change() -> Change:
    return Change.objects.get()
