"""Meta's webhooks: the GET handshake of a callback, and signed notifications sent to the app's callback."""

import hashlib
import hmac
import json
import logging
import secrets
import threading
import urllib.error
import urllib.parse
import urllib.request

from meta_graph.sandbox.graph.errors import GraphError
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json

TIMEOUT = 10  # seconds

logger = logging.getLogger(__name__)


def open_url(request: urllib.request.Request) -> tuple[int, bytes]:
    """Status and body, whatever the status. Raises OSError where nothing answers."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TIMEOUT) as answer:
            return answer.status, answer.read(4096)
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read(4096)


def verify_callback(url: str, verify_token: str) -> None:
    """The handshake: the callback must answer the challenge. Raises GraphError 2200."""
    challenge = str(secrets.randbelow(10**9))
    query = {"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": challenge}
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise callback_refused("the URL is not valid")
    separator = "&" if "?" in url else "?"
    request = urllib.request.Request(f"{url}{separator}{urllib.parse.urlencode(query)}")  # noqa: S310 -- checked above
    try:
        status, body = open_url(request)
    except OSError as error:
        raise callback_refused(f"curl_errno = 7; {error.__class__.__name__}") from error
    if status != 200 or body.decode("utf-8", "replace").strip() != challenge:
        raise callback_refused(f"HTTP Status Code = {status}")


def callback_refused(reason: str) -> GraphError:
    return GraphError(2200, f"(#2200) Callback verification failed with the following errors: {reason}")


def encoded(payload: Json) -> bytes:
    """The bytes as Meta writes them: non-ASCII and slashes escaped."""
    return json.dumps(payload, separators=(",", ":")).replace("/", "\\/").encode()


def signature(app_secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def send(world: World, entry_id: str, changed_field: str, value: Json) -> None:
    """Sends one change to the app's callback from a thread of its own; nothing where there is no callback."""
    if not world.config.callback_url:
        return
    change = {"field": changed_field, "value": value}
    entry = {"id": entry_id, "time": int(world.now()), "changes": [change]}
    body = encoded({"object": "whatsapp_business_account", "entry": [entry]})
    arguments = (world.config.callback_url, world.config.app_secret, body)
    threading.Thread(target=post, args=arguments, name="sandbox-webhook", daemon=True).start()


def post(url: str, app_secret: str, body: bytes) -> None:
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "facebookexternalua",
        "X-Hub-Signature-256": signature(app_secret, body),
    }
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310 -- configured
    try:
        status, _ = open_url(request)
    except OSError as error:
        logger.warning("The callback %s could not be reached: %s", url, error.__class__.__name__)
        return
    if status != 200:
        logger.warning("The callback %s answered %s", url, status)


def partner_added(world: World, waba: Json) -> None:
    """`account_update` / PARTNER_ADDED: a customer finished the dialog. The entry is our portfolio's."""
    info = {"waba_id": waba["id"], "owner_business_id": waba["business"]}
    send(world, world.config.business_id, "account_update", {"event": "PARTNER_ADDED", "waba_info": info})
