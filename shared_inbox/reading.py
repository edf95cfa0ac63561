"""What the page reads: conversations, the messages of one, what is new. By cursors, never by counting."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from api.errors import InvalidFieldError, NotFoundError
from inbox.models import Contact, Conversation, Message
from phones.models import PhoneNumber

PAGE, SEARCHED = 30, 50


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
    digits = "".join(filter(str.isdigit, search))
    named = Q(name__icontains=search) | Q(saved_name__icontains=search) | Q(username__icontains=search)
    numbered = Q(phone_number__contains=digits) | Q(wa_id__contains=digits) if digits else Q()
    return Contact.objects.filter(named | numbered if digits else named, phone=phone)


def conversation(*, phone: PhoneNumber, pk: UUID) -> Conversation:
    """Raises NotFoundError, for another phone's too."""
    row = Conversation.objects.filter(phone=phone, pk=pk).select_related("contact").first()
    if row is None:
        raise NotFoundError
    return row


def messages(*, conversation: Conversation, after: str = "") -> Page:
    """The newest first; `after` gives the older ones."""
    rows = Message.objects.filter(conversation=conversation)
    if after:
        at, pk = cursor(after)
        anchor = Message.objects.filter(pk=pk, conversation=conversation).values_list("created_at").first()
        if anchor is None:
            raise InvalidFieldError("after", "There is no such place.")
        same = Q(timestamp=at) & (Q(created_at__lt=anchor[0]) | Q(created_at=anchor[0], pk__lt=pk))
        rows = rows.filter(Q(timestamp__lt=at) | same)
    found = list(rows.order_by("-timestamp", "-created_at", "-id")[: PAGE + 1])
    return page(found, lambda row: written(row.timestamp, row.pk))


def page(found: list[Any], place: Any) -> Page:
    shown = found[:PAGE]
    return Page(shown, place(shown[-1]) if len(found) > PAGE else None)


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


def fingerprint(shown: Any) -> str:
    """The same as long as nothing of what is shown has changed."""
    return sha256(repr(shown).encode()).hexdigest()[:24]
