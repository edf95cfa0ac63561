"""The GET handshake of a callback, and requests to callbacks in general."""

import secrets
import urllib.error
import urllib.parse
import urllib.request

from meta_graph.sandbox.graph.errors import GraphError

TIMEOUT = 10  # seconds


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
