"""Meta's callback: the handshake, and the POSTs, which are checked, stored and answered. Nothing else.

Plain functions, without DRF, a session or a form: whatever touches the body before its signature was checked
would cost time, or change the bytes.
"""

import hmac
from uuid import UUID

import structlog
from django.conf import settings
from django.db import Error, transaction
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from meta_events import metrics
from meta_events.storing import store
from meta_events.tasks import bell
from meta_graph.callbacks import is_signed

log = structlog.get_logger("meta_events.views")
# Meta sends 3 MB at most. What is longer is not read to its end.
MAX_BODY = 4 * 1024 * 1024
# Meta's are ten digits or so.
MAX_CHALLENGE = 256
PLAIN = "text/plain; charset=utf-8"


class Taken(HttpResponse):
    """What nearly every POST is answered: counted by a metric, without a log line each."""

    is_counted = True


@csrf_exempt
@require_http_methods(["GET", "POST"])
def callback(request: HttpRequest, phone_id: UUID | None = None) -> HttpResponse:
    """`phone_id`: the number whose messages Meta was asked to send here. A hint, and no proof of anything."""
    return handshake(request) if request.method == "GET" else notification(request, phone_id)


def handshake(request: HttpRequest) -> HttpResponse:
    """What Meta asks when an address is saved there.

    https://developers.facebook.com/docs/graph-api/webhooks/getting-started#verification-requests
    """
    given, challenge = request.GET.get("hub.verify_token", ""), request.GET.get("hub.challenge", "")
    known = settings.META_WEBHOOK_VERIFY_TOKEN
    is_right = hmac.compare_digest(given.encode("utf-8", "replace"), known.encode()) and known != ""
    is_usual = request.GET.get("hub.mode") == "subscribe" and 0 < len(challenge) <= MAX_CHALLENGE
    if not (is_right and is_usual):
        log.warning("handshake refused", has_right_token=is_right)
        return HttpResponse("Refused.", status=403, content_type=PLAIN)
    return HttpResponse(challenge, content_type=PLAIN)


def notification(request: HttpRequest, phone_id: UUID | None) -> HttpResponse:
    """Answers 200 to what is stored, and to nothing else: Meta sends everything else again, for days."""
    try:
        body = read(request)
    except UnreadablePostError:
        return HttpResponse("The body ended early.", status=400, content_type=PLAIN)
    if len(body) > MAX_BODY:
        metrics.POSTS.labels(metrics.TOO_LARGE).inc()
        return HttpResponse("Too large.", status=413, content_type=PLAIN)
    signed_by = signer(body, request.META.get("HTTP_X_HUB_SIGNATURE_256", "").lower())
    if signed_by is None:
        metrics.POSTS.labels(metrics.REFUSED).inc()
        return HttpResponse("The signature is missing or wrong.", status=401, content_type=PLAIN)
    metrics.SIGNED.labels(signed_by).inc()
    return kept(body, phone_id)


def read(request: HttpRequest) -> bytes:
    """The bytes as they came, up to one more than are taken. Raises UnreadablePostError."""
    parts, room = [], MAX_BODY + 1
    while room > 0 and (part := request.read(room)):
        parts.append(part)
        room -= len(part)
    return b"".join(parts)


def signer(body: bytes, signature: str) -> str | None:
    """Which of the app's secrets signed it; None when none did. An empty one signs nothing."""
    if is_signed(body, signature, [settings.META_APP_SECRET]):
        return "current"
    return "previous" if is_signed(body, signature, settings.META_PREVIOUS_APP_SECRETS) else None


def kept(body: bytes, phone_id: UUID | None) -> HttpResponse:
    try:
        is_new = store(body, phone_id=phone_id, now=timezone.now())
    except Error as failure:
        metrics.POSTS.labels(metrics.UNSTORED).inc()
        log.error("not stored", error=type(failure).__name__)
        return HttpResponse("It could not be stored.", status=503, content_type=PLAIN)
    metrics.POSTS.labels(metrics.STORED if is_new else metrics.KNOWN).inc()
    if is_new:
        transaction.on_commit(bell.ring)
    return Taken(content_type=PLAIN)
