"""The envelope: `{"data": ...}`, with `meta.pagination` on lists. No view spells these words."""

import json
from collections.abc import Mapping
from typing import Any

import orjson
from django.http import HttpRequest
from django.utils.functional import Promise
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer

from api.pagination import Page


def plain(value: Any) -> Any:
    """What orjson does not know by itself: translated texts, subclasses of str."""
    if isinstance(value, Promise | str):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def to_json(value: Any) -> bytes:
    return orjson.dumps(value, default=plain)


def error_json(value: Any) -> bytes:
    """An error quotes what the client sent: a lone surrogate in it, which is no UTF-8, is escaped."""
    try:
        return to_json(value)
    except orjson.JSONEncodeError:
        return json.dumps(value, default=plain).encode()


class EnvelopeRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        response = (renderer_context or {}).get("response")
        if response is not None and response.status_code == 204:
            return b""
        if response is not None and response.exception:
            return error_json(data)
        if isinstance(data, Page):
            return to_json({"data": data.rows, "meta": {"pagination": data.pagination}})
        return to_json({"data": data})


class AlwaysJSON(BaseContentNegotiation):
    """The API speaks JSON whatever the Accept header says."""

    def select_parser(self, request: HttpRequest, parsers: Any) -> Any:
        content_type = request.content_type or ""
        return next((p for p in parsers if p.media_type == content_type.split(";")[0].strip().lower()), None)

    def select_renderer(self, request: HttpRequest, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type
