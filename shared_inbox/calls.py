"""The calls of the inbox's script. Each asks for its permission; rows of another phone are not found."""

from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from api.errors import InvalidFieldError
from api.page_calls import parsed_body
from shared_inbox import reading, shapes, writing
from shared_inbox.gate import address_of, inbox_call, require
from shared_inbox.models import Permission, SharedInboxSession
from shared_inbox.standing import mark_of
from wabas.message_templates.services import list_templates
from wabas.models import Waba

MAX_SEARCH, TEMPLATES_SECONDS = 100, 60


@require_GET
@inbox_call
def conversations(request: HttpRequest, session: SharedInboxSession) -> HttpResponseBase:
    """`?search&after` -> `{data, after}`."""
    require(request, session, Permission.READ_INBOX)
    found = reading.conversations(
        phone=session.link.phone,
        search=request.GET.get("search", "").strip()[:MAX_SEARCH].replace("\x00", ""),
        after=request.GET.get("after", ""),
    )
    data = shapes.conversations_json(found.rows, session.link)
    return JsonResponse({"data": data, "after": found.after})


@inbox_call
def messages(request: HttpRequest, session: SharedInboxSession, conversation_id: UUID) -> HttpResponseBase:
    """`?after` -> `{conversation, data, after}`, the newest message first."""
    require(request, session, Permission.READ_INBOX)
    row = reading.conversation(phone=session.link.phone, pk=conversation_id)
    found = reading.messages(conversation=row, after=request.GET.get("after", ""), size=reading.THREAD_PAGE)
    return JsonResponse(
        {
            "conversation": shapes.conversation_json(row, session.link),
            "data": shapes.messages_json(found.rows, session.link),
            "after": found.after,
        }
    )


@require_GET
@inbox_call
def details(request: HttpRequest, session: SharedInboxSession, conversation_id: UUID) -> HttpResponseBase:
    require(request, session, Permission.READ_DETAILS)
    row = reading.conversation(phone=session.link.phone, pk=conversation_id)
    return JsonResponse({"data": shapes.details_json(row.contact, row)})


class NothingNew(HttpResponse):
    """Of these there are so many that they would hide all other lines of the log."""

    status_code, is_counted = 204, True


@require_GET
@inbox_call
def news(request: HttpRequest, session: SharedInboxSession) -> HttpResponseBase:
    """`?open=<conversation>&seen=<mark>` -> 204 while nothing changed, else `{seen, conversations, data}`.

    Asked every few seconds by every open page: two small reads by index, and no row is loaded in vain.
    """
    require(request, session, Permission.READ_INBOX)
    link, opened = session.link, opened_of(request)
    mark = mark_of(phone=link.phone, opened=opened)
    if mark == request.GET.get("seen"):
        return NothingNew()
    row = reading.conversation(phone=link.phone, pk=opened) if opened else None
    shown = reading.messages(conversation=row).rows if row else []
    return JsonResponse(
        {
            "seen": mark,
            "conversations": shapes.conversations_json(reading.conversations(phone=link.phone).rows, link),
            "data": shapes.messages_json(shown, link),
        }
    )


def opened_of(request: HttpRequest) -> UUID | None:
    """The conversation in sight."""
    try:
        return UUID(request.GET.get("open", ""))
    except ValueError:
        return None


@inbox_call
def send(request: HttpRequest, session: SharedInboxSession, conversation_id: UUID) -> HttpResponseBase:
    """`{clientKey, type, ...}` as in the API, without `to` -> `{data: message}`. Each clientKey once."""
    body = parsed_body(request)
    require(request, session, writing.permission_for(body))
    row = reading.conversation(phone=session.link.phone, pk=conversation_id)
    message = writing.send(
        session=session,
        conversation=row,
        client_key=client_key_of(body),
        body={name: value for name, value in body.items() if name != "clientKey"},
        address=address_of(request),
    )
    return JsonResponse({"data": shapes.messages_json([message], session.link)[0]}, status=201)


@require_http_methods(["GET", "POST"])
def thread(request: HttpRequest, conversation_id: UUID) -> HttpResponseBase:
    view = messages if request.method == "GET" else send
    return view(request, conversation_id=conversation_id)


def client_key_of(body: dict[str, Any]) -> UUID:
    try:
        return UUID(str(body.get("clientKey")))
    except ValueError:
        raise InvalidFieldError("clientKey", "A UUID of the message is needed.", "required") from None


@require_POST
@inbox_call
def read(request: HttpRequest, session: SharedInboxSession, conversation_id: UUID) -> HttpResponseBase:
    """All of a conversation was read: the contact is told, and the count is 0."""
    require(request, session, Permission.MARK_READ)
    row = reading.conversation(phone=session.link.phone, pk=conversation_id)
    writing.mark_read(session=session, conversation=row, address=address_of(request))
    return HttpResponse(status=204)


@require_GET
@inbox_call
def templates(request: HttpRequest, session: SharedInboxSession) -> HttpResponseBase:
    """The approved ones, `{data: [{name, language, category, components}]}`; Meta is asked once a minute."""
    require(request, session, Permission.SEND_TEMPLATES)
    waba = session.link.phone.waba
    found = cache.get_or_set(f"shared_inbox:templates:{waba.pk}", lambda: approved(waba), TEMPLATES_SECONDS)
    return JsonResponse({"data": found})


def approved(waba: Waba) -> list[dict[str, Any]]:
    """Raises ConflictError, GraphError."""
    return [
        {
            "name": one.name,
            "language": one.language,
            "category": one.category,
            "components": one.components,
        }
        for one in list_templates(waba=waba, filters={"status": "APPROVED"})
    ]
