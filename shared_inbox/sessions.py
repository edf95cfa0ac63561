"""Opening a link in a browser: its token becomes a cookie's value, and each call finds the link by that.

Both are looked up by their hashes on every request, so that a rotation or revocation is felt at once.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from shared_inbox.models import COLUMNS, SharedInboxAction, SharedInboxLink, SharedInboxSession
from shared_inbox.services import TOKEN_BYTES, hashed

COOKIE = "shared_inbox"
LIFETIME = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)
# A URL that somebody reloads all day makes no more rows than this.
MAX_SESSIONS = 200
Kind = SharedInboxAction.Kind
OF_PHONE = ("organization", "waba", "meta_phone_number_id", "phone_number", "disconnected_at")
NEEDED = [
    *("link", "expires_at", "last_seen_at", "link__name", "link__expires_at", "link__revoked_at"),
    *(f"link__{column}" for column in COLUMNS.values()),
    *("link__phone", *(f"link__phone__{column}" for column in OF_PHONE)),
    "link__phone__organization__suspended_at",
]


class EndedError(Exception):
    """The link or the session is not there, or not any more. Nobody is told which."""


@dataclass(frozen=True)
class Opened:
    """A new session and its cookie's value, which exists only here and in the browser."""

    session: SharedInboxSession
    key: str = field(repr=False)


def open_session(*, token: str, address: str | None, now: datetime) -> Opened:
    """A session for the bearer of `token`, at most as long as the link itself. Raises EndedError."""
    link = usable(SharedInboxLink.objects.filter(token_hash=hashed(token)).first(), now)
    key, ends = secrets.token_urlsafe(TOKEN_BYTES), now + LIFETIME
    with transaction.atomic():
        # Of a rotation and an opening at once one is the first: the row is the same.
        row = SharedInboxLink.objects.select_for_update(no_key=True).filter(pk=link.pk)
        link = usable(row.filter(token_hash=hashed(token)).first(), now)
        session = SharedInboxSession.objects.create(
            link=link,
            key_hash=hashed(key),
            started_at=now,
            expires_at=min(ends, link.expires_at or ends),
            last_seen_at=now,
        )
        drop_needless(link, now)
        SharedInboxLink.objects.filter(pk=link.pk).update(last_used_at=now)
        SharedInboxAction.objects.create(
            link=link, session_id=session.pk, kind=Kind.OPENED, address=address, at=now
        )
    return Opened(session, key)


def drop_needless(link: SharedInboxLink, now: datetime) -> None:
    """What is over, of any link; and of this one more browsers than anybody has."""
    SharedInboxSession.objects.filter(expires_at__lte=now).delete()
    of_link = SharedInboxSession.objects.filter(link=link)
    newest = of_link.order_by("-started_at").values_list("pk", flat=True)[:MAX_SESSIONS]
    of_link.exclude(pk__in=list(newest)).delete()


def session_of(key: str, now: datetime) -> SharedInboxSession:
    """The session of a cookie's value, with its link, phone and organization. Raises EndedError.

    Every open page asks for it every few seconds: no more is read than is needed each time.
    """
    rows = SharedInboxSession.objects.select_related("link__phone__organization").only(*NEEDED)
    try:
        found = rows.get(key_hash=hashed(key), expires_at__gt=now)
    except SharedInboxSession.DoesNotExist:
        raise EndedError from None
    usable(found.link, now)
    note_seen(found, now)
    return found


def usable(link: SharedInboxLink | None, now: datetime) -> SharedInboxLink:
    """The link, when it opens anything. Raises EndedError."""
    if link is None or link.status_at(now) != SharedInboxLink.Status.ACTIVE:
        raise EndedError
    if link.phone.organization.is_suspended:
        raise EndedError
    return link


def note_seen(session: SharedInboxSession, now: datetime) -> None:
    """Once a minute: an open page asks every few seconds."""
    stale = now - SEEN_EVERY
    if session.last_seen_at >= stale:
        return
    if SharedInboxSession.objects.filter(pk=session.pk, last_seen_at__lt=stale).update(last_seen_at=now):
        unused = Q(last_used_at=None) | Q(last_used_at__lt=now)
        SharedInboxLink.objects.filter(unused, pk=session.link_id).update(last_used_at=now)


def close_session(*, session_id: UUID) -> None:
    """The browser's user left."""
    SharedInboxSession.objects.filter(pk=session_id).delete()
