"""What a page's own script sends: a JSON body, checked as the API checks its own, and from which address."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.exceptions import ParseError

from api.errors import ApiError, PayloadTooLargeError
from api.parsers import parsed_json

MAX_BODY = 64 * 1024


def caller_address(request: HttpRequest) -> str:
    """The end-user's address, as far as the configured number of proxies can be believed."""
    forwarded = [
        part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()
    ]
    trusted = settings.TRUSTED_PROXY_COUNT
    if trusted and len(forwarded) >= trusted:
        return str(forwarded[-trusted])
    return str(request.META.get("REMOTE_ADDR", ""))


def body_of(request: HttpRequest, kind: Any) -> dict[str, Any]:
    """The call's JSON body, checked. Raises ApiError with the fields that are wrong."""
    return checked(kind, parsed(request))


def parsed_body(request: HttpRequest) -> dict[str, Any]:
    """The call's JSON object, unchecked. Raises ApiError for what is none."""
    body = parsed(request)
    if not isinstance(body, dict):
        raise ApiError("The body must be a JSON object.")
    return body


def parsed(request: HttpRequest) -> Any:
    raw = request.read(MAX_BODY + 1)
    if len(raw) > MAX_BODY:
        raise PayloadTooLargeError
    return parsed_json_or_refuse(raw)


def parsed_json_or_refuse(raw: bytes) -> Any:
    try:
        return parsed_json(raw)
    except ParseError as wrong:
        raise ApiError(str(wrong)) from None


def checked(kind: Any, given: Any) -> dict[str, Any]:
    body = kind(data=given)
    if not body.is_valid():
        raise ApiError.of_fields(body.errors)
    validated: dict[str, Any] = body.validated_data
    return validated
