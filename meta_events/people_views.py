"""What Meta calls when a Facebook user removes the app or wants their data deleted, and a deletion's page."""

from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.http.request import UnreadablePostError
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from meta_events import metrics
from meta_events.models import UserRequest
from meta_events.people import NoUserError, take_request
from meta_graph.callbacks import BadSignatureError, parse_signed_request

log = structlog.get_logger("meta_events.people")
MAX_BODY = 64 * 1024
Kind = UserRequest.Kind


def signed(view: Callable[[UserRequest], HttpResponse], kind: str) -> Callable[[HttpRequest], HttpResponse]:
    """A callback with a `signed_request` in its form: 403 when Meta did not sign it, else a row's answer."""

    @csrf_exempt
    @require_POST
    def answered(request: HttpRequest) -> HttpResponse:
        app_secrets = [settings.META_APP_SECRET, *settings.META_PREVIOUS_APP_SECRETS]
        try:
            payload = parse_signed_request(signed_request(request), app_secrets)
            row = take_request(kind=kind, payload=payload, now=timezone.now())
        except (BadSignatureError, UnreadablePostError):
            metrics.POSTS.labels(metrics.REFUSED).inc()
            return JsonResponse({"error": "The signed_request is missing or wrong."}, status=403)
        except NoUserError:
            return JsonResponse({"error": "The signed_request names no user."}, status=400)
        log.info("request of a Facebook user", kind=kind, request=str(row.pk))
        return view(row)

    return answered


def signed_request(request: HttpRequest) -> str:
    """The form's field. Not by request.POST: that would take files of any length from anybody."""
    return str(QueryDict(request.read(MAX_BODY), encoding="utf-8").get("signed_request", ""))


def noted(row: UserRequest) -> HttpResponse:
    return HttpResponse()


def confirmed(row: UserRequest) -> HttpResponse:
    """As Meta wants it: where the person can look, and what to name there.

    https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback
    """
    page = settings.PUBLIC_BASE_URL + reverse("data-deletion", args=[row.confirmation_code])
    return JsonResponse({"url": page, "confirmation_code": row.confirmation_code})


deauthorize = signed(noted, Kind.DEAUTHORIZE)
data_deletion = signed(confirmed, Kind.DATA_DELETION)


@require_safe
def data_deletion_page(request: HttpRequest, code: str) -> HttpResponse:
    """How far a deletion has come, for whoever has its code. Nothing else of the request is shown."""
    row = UserRequest.objects.filter(kind=Kind.DATA_DELETION, confirmation_code=code).first()
    if row is None:
        raise Http404
    context = {"request_row": row, "support_url": settings.SUPPORT_URL, "privacy_url": settings.PRIVACY_URL}
    response = render(request, "meta_events/data_deletion.html", context)
    response["Cache-Control"] = "no-store"
    return response
