"""The mark of what the newest pages show: open pages ask all day whether it is still the same."""

from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection

from inbox.models import Contact, Conversation, Message
from phones.models import PhoneNumber

PAGE = 30
# Not by the ORM: to write these two statements anew for each call, and to make objects of what they find,
# costs four times what the database does. No value is read, only whether one has changed.
LISTED = f"""
    SELECT listed.id, listed.last_message_at, listed.unread_count, contact.updated_at
    FROM {Conversation._meta.db_table} listed
    JOIN {Contact._meta.db_table} contact ON contact.id = listed.contact_id
    WHERE listed.phone_id = %s
    ORDER BY listed.last_message_at DESC, listed.id DESC LIMIT {PAGE}
"""  # noqa: S608
SHOWN = f"""
    SELECT id, status, edited_at, revoked_at, failed_at FROM {Message._meta.db_table}
    WHERE conversation_id = %s AND phone_id = %s
    ORDER BY timestamp DESC, created_at DESC, id DESC LIMIT {PAGE}
"""  # noqa: S608


def mark_of(*, phone: PhoneNumber, opened: UUID | None) -> str:
    """The same as long as nothing has changed of the list and of the conversation `opened`."""
    with connection.cursor() as cursor:
        cursor.execute(LISTED, [key(phone.pk)])
        found = [str(opened), cursor.fetchall()]
        if opened is not None:
            cursor.execute(SHOWN, [key(opened), key(phone.pk)])
            found.append(cursor.fetchall())
    return sha256(repr(found).encode()).hexdigest()[:24]


def key(given: UUID) -> Any:
    """As the database keeps it."""
    return PhoneNumber._meta.pk.get_db_prep_value(given, connection)
