"""A conversation of any length, made by PostgreSQL itself."""

from django.db import connection

from inbox.models import Contact, Conversation
from phones.models import PhoneNumber

INSERT = """
INSERT INTO inbox_message (id, phone_id, conversation_id, direction, source, type, content, wamid,
    reply_to_wamid, status, timestamp, created_at)
SELECT gen_random_uuid(), %(phone)s::uuid, %(conversation)s::uuid, 'inbound', 'customer', 'text',
    '{"body": "What somebody wrote, as long as people write."}', 'wamid.' || %(conversation)s::uuid || n,
    CASE WHEN n %% 10 = 0 THEN 'wamid.' || %(conversation)s::uuid || n - 1 END, 'delivered',
    now() - n * interval '7 seconds', now() - n * interval '7 seconds'
FROM generate_series(1, %(count)s::int) n
"""


def crowded_conversation(phone: PhoneNumber, count: int, name: str = "Ana") -> Conversation:
    """With so many messages, one in ten an answer to the one before it."""
    contact = Contact.objects.create(phone=phone, identifier=name, identifier_type="username")
    conversation = Conversation.objects.create(phone=phone, contact=contact, message_count=count)
    asked: dict[str, str | int] = {
        "phone": str(phone.pk),
        "conversation": str(conversation.pk),
        "count": count,
    }
    with connection.cursor() as cursor:
        cursor.execute(INSERT, asked)
    return conversation


def analyze() -> None:
    with connection.cursor() as cursor:
        for table in ("inbox_message", "inbox_conversation", "inbox_contact"):
            cursor.execute(f"ANALYZE {table}")
