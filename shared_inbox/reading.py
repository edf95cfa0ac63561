"""What the page reads: conversations, the messages of one, what is new. By cursors, never by counting."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery

from api.errors import InvalidFieldError, NotFoundError
from inbox.models import Contact, Conversation, Message
from phones.models import PhoneNumber
from shared_inbox.models import SharedInboxAction, SharedInboxLink
from shared_inbox.standing import PAGE

# Of a thread that is scrolled back; what is new is asked for in pages of PAGE, again and again.
THREAD_PAGE = 60
WRITTEN_NUMBER = frozenset("0123456789 +-.()/")
NEWEST_FIRST = ("-timestamp", "-created_at", "-id")


@dataclass(frozen=True)
class Page:
    """Rows, and the cursor of those after them; None at the end."""

    rows: Sequence[Any]
    after: str | None


def conversations(*, phone: PhoneNumber, search: str = "", after: str = "") -> Page:
    """Those with the newest message first. `search` finds names, numbers and usernames by their parts."""
    rows = Conversation.objects.filter(phone=phone).select_related("contact")
    if search:
        rows = rows.filter(contact__in=found_contacts(phone, search))
    if after:
        at, pk = cursor(after)
        rows = rows.filter(Q(last_message_at__lt=at) | Q(last_message_at=at, pk__lt=pk))
    found = list(rows.order_by("-last_message_at", "-id")[: PAGE + 1])
    return page(found, lambda row: written(row.last_message_at, row.pk))


def found_contacts(phone: PhoneNumber, search: str) -> QuerySet[Contact]:
    # "Room 17" is a name; "+54 9 11" is a part of a number.
    is_number = not set(search) - WRITTEN_NUMBER
    digits = "".join(filter(str.isdigit, search)) if is_number else ""
    named = Q(name__icontains=search) | Q(saved_name__icontains=search) | Q(username__icontains=search)
    numbered = Q(phone_number__contains=digits) | Q(wa_id__contains=digits) if digits else Q()
    return Contact.objects.filter(named | numbered if digits else named, phone=phone)


def conversation(*, phone: PhoneNumber, pk: UUID) -> Conversation:
    """Raises NotFoundError, for another phone's too."""
    row = Conversation.objects.filter(phone=phone, pk=pk).select_related("contact").first()
    if row is None:
        raise NotFoundError
    return row


def messages(*, conversation: Conversation, after: str = "", size: int = PAGE) -> Page:
    """The newest first; `after` gives the older ones."""
    rows = Message.objects.filter(conversation=conversation)
    if after:
        at, pk = cursor(after)
        anchor = Message.objects.filter(pk=pk, conversation=conversation).values_list("created_at").first()
        if anchor is None:
            raise InvalidFieldError("after", "There is no such place.")
        same = Q(timestamp=at) & (Q(created_at__lt=anchor[0]) | Q(created_at=anchor[0], pk__lt=pk))
        rows = rows.filter(Q(timestamp__lt=at) | same)
    found = list(rows.order_by(*NEWEST_FIRST)[: size + 1])
    return page(found, lambda row: written(row.timestamp, row.pk), size)


def newest_messages(rows: Sequence[Conversation]) -> dict[UUID, Message]:
    """By the conversation's id."""
    newest = Message.objects.filter(conversation=OuterRef("pk")).order_by(*NEWEST_FIRST).values("pk")[:1]
    of = (
        Conversation.objects.filter(pk__in=[row.pk for row in rows])
        .order_by()
        .annotate(newest=Subquery(newest))
    )
    ids = list(of.values_list("newest", flat=True))
    return {row.conversation_id: row for row in Message.objects.filter(pk__in=ids).order_by()}


def answered(rows: Iterable[Message]) -> dict[str, Message]:
    """By Meta's ids, those messages that are answered in `rows`, which are of one conversation."""
    answers = [row for row in rows if row.reply_to_wamid]
    if not answers:
        return {}
    wamids = {row.reply_to_wamid for row in answers}
    found = Message.objects.filter(phone=answers[0].phone_id, wamid__in=wamids).order_by()
    return {row.wamid or "": row for row in found}


def client_keys(rows: Iterable[Message], link: SharedInboxLink) -> dict[UUID, str]:
    """What pages of the link called their messages when they sent them: a page knows its own again."""
    sent = [row.pk for row in rows if row.source == Message.Source.API]
    if not sent:
        return {}
    actions = SharedInboxAction.objects.filter(link=link, message__in=sent, client_key__isnull=False)
    return {pk: str(key) for pk, key in actions.order_by().values_list("message", "client_key") if pk}


def page(found: list[Any], place: Any, size: int = PAGE) -> Page:
    shown = found[:size]
    return Page(shown, place(shown[-1]) if len(found) > size else None)


def written(at: datetime, pk: UUID) -> str:
    return f"{at.isoformat()}_{pk}"


def cursor(given: str) -> tuple[datetime, UUID]:
    """Raises InvalidFieldError for what was never one of ours."""
    at, _, pk = given.partition("_")
    try:
        moment, found = datetime.fromisoformat(at), UUID(pk)
    except ValueError:
        raise InvalidFieldError("after", "There is no such place.") from None
    if moment.tzinfo is None:
        raise InvalidFieldError("after", "There is no such place.")
    return moment, found
