"""The callbacks of Facebook Login with a `signed_request`: deauthorization and data deletion."""

import base64
import hashlib
import hmac
import json
import urllib.parse
import urllib.request

from meta_graph.sandbox import dashboard
from meta_graph.sandbox.handshake import open_url
from meta_graph.sandbox.state import UnknownObjectError
from meta_graph.sandbox.webhooks import Signature
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json

CALLBACKS = {"deauthorize": "deauthorize_url", "data_deletion": "data_deletion_url"}


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def signed_request(world: World, user_id: str, signature: Signature = "right") -> str:
    """https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback"""
    claims = {"user_id": user_id, "algorithm": "HMAC-SHA256", "issued_at": int(world.now())}
    payload = encoded(json.dumps(claims).encode())
    secret = world.config.app_secret if signature == "right" else "another app's secret"
    digest = hmac.new(secret.encode(), payload.encode(), hashlib.sha256).digest()
    return f"{'' if signature == 'none' else encoded(digest)}.{payload}"


def post(world: World, what: str, user_id: str, signature: Signature = "right") -> Json:
    """Sends one of CALLBACKS; its status (None: no URL is set, 0: nothing answered) and its JSON answer."""
    with world.state:
        url = dashboard.app(world)[CALLBACKS[what]]
    if not url:
        return {"status": None, "answer": None, "userId": user_id}
    form = urllib.parse.urlencode({"signed_request": signed_request(world, user_id, signature)}).encode()
    request = urllib.request.Request(url, data=form, method="POST")  # noqa: S310 -- configured
    try:
        status, body = open_url(request)
    except OSError:
        return {"status": 0, "answer": None, "userId": user_id}
    return {"status": status, "answer": parsed(body), "userId": user_id}


def request(
    world: World, what: str, target: str, *, signature: Signature = "right", changes: bool = True
) -> Json:
    """Sends one of CALLBACKS for the customer of a business or WABA: `{status, answer, userId}`.

    The user is that of the customer's newest token; its tokens end with it where `changes` is true.
    Raises UnknownObjectError.
    """
    user_id = user_of(world, target)
    if changes:
        forget(world, user_id)
    return post(world, what, user_id, signature)


def user_of(world: World, target: str) -> str:
    with world.state as state:
        for token in reversed(state.tokens.values()):
            if target == token["business"] or target in token["wabas"]:
                return str(token["user_id"])
    raise UnknownObjectError(target)


def parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None


def forget(world: World, user_id: str) -> None:
    """The customer removed the app: its tokens no longer work."""
    with world.state as state:
        for token in state.tokens.values():
            token["is_revoked"] = token["is_revoked"] or token["user_id"] == user_id
