"""Meta's webhooks: signed notifications to the app's callback or its override, again until 200."""

import hashlib
import hmac
import json
import logging
import threading
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from meta_graph.sandbox import dashboard
from meta_graph.sandbox.handshake import open_url
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json

PAUSES = (1, 2, 4, 8, 16)  # seconds; Meta goes on for days
Signature = Literal["right", "wrong", "none"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Notification:
    """One POST; `entry_id` is a WABA's or, for what concerns partners, our portfolio's."""

    entry_id: str
    field: str
    value: Json  # of the first change
    url: str | None  # None: nothing is subscribed
    body: bytes
    signature: Signature = "right"
    changes: int = 1


def notification(
    world: World,
    entry_id: str,
    field: str,
    value: Json,
    *,
    override: str | None = None,
    signature: Signature = "right",
) -> Notification:
    """`override` is the URL that a number or an account has for the fields that may be overridden."""
    return batch(world, entry_id, field, [value], override=override, signature=signature)


def batch(
    world: World,
    entry_id: str,
    field: str,
    values: Sequence[Json],
    *,
    override: str | None = None,
    signature: Signature = "right",
    is_subscribed: bool = True,
) -> Notification:
    """One POST with a change for each value; Meta puts up to 1,000 into one."""
    with world.state:
        app = dict(dashboard.app(world))
    is_wanted = is_subscribed and app["is_active"] and field in app["fields"]
    url = override or app["callback_url"]
    changes = [{"field": field, "value": value} for value in values]
    entry = {"id": entry_id, "time": int(world.now()), "changes": changes}
    body = encoded({"object": "whatsapp_business_account", "entry": [entry]})
    return Notification(
        entry_id, field, values[0], url if is_wanted else None, body, signature, changes=len(values)
    )


def deliver(world: World, one: Notification, pauses: Sequence[float] = PAUSES) -> None:
    """Sends it now, and later again until it is answered with 200."""
    if post(world, one) in (200, None):
        return
    if not pauses:
        logger.warning("The callback %s did not take a webhook.", one.url)
        return
    world.later.run(lambda: deliver(world, one, pauses[1:]), pauses[0])


def send(world: World, one: Notification, after: float = 0) -> None:
    """From a thread of its own, `after` so many seconds, again and again until it is answered with 200."""
    if one.url:
        threading.Thread(
            target=keep_sending, args=(world, one, after), name="sandbox-webhook", daemon=True
        ).start()


def keep_sending(world: World, one: Notification, after: float) -> None:
    for pause in (after, *PAUSES):
        if world.closing.wait(pause) or post(world, one) == 200:
            return
    logger.warning("The callback %s did not take a webhook.", one.url)


def post(world: World, one: Notification) -> int | None:
    """Sends it once and records that: the callback's status, 0 where nothing answered, None without one."""
    status = None if one.url is None else posted(one.url, one.body, signature(world, one))
    world.sent.add(
        {
            "field": one.field,
            "event": one.value.get("event"),
            "entryId": one.entry_id,
            "value": one.value,
            "changes": one.changes,
            "url": one.url,
            "status": status,
            "at": world.now(),
        }
    )
    return status


def posted(url: str, body: bytes, signed: str) -> int:
    headers = {"Content-Type": "application/json", "User-Agent": "facebookexternalua"}
    if signed:
        headers["X-Hub-Signature-256"] = signed
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310 -- configured
    try:
        return open_url(request)[0]
    except OSError:
        return 0


def signature(world: World, one: Notification) -> str:
    if one.signature == "none":
        return ""
    secret = world.config.app_secret if one.signature == "right" else "another app's secret"
    return "sha256=" + hmac.new(secret.encode(), one.body, hashlib.sha256).hexdigest()


def encoded(payload: Json) -> bytes:
    """The bytes as Meta writes them: non-ASCII and slashes escaped."""
    return json.dumps(payload, separators=(",", ":")).replace("/", "\\/").encode()
