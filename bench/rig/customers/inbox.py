"""Contacts and conversations, of which one is long, messages, and links that open an inbox to others."""

from bench.rig.customers.filling import ago, chosen, fill, series, text, uid
from bench.rig.customers.sizes import Size
from inbox.models import Contact, Conversation, Message, OutboxEntry
from shared_inbox.models import SharedInboxAction, SharedInboxLink, SharedInboxSession

# Half of all inboxes' contacts are of the first number, and a third of all messages of one conversation.
PHONE = uid("phone", "CASE WHEN n % 2 = 1 THEN 1 ELSE n END")
UNKNOWN_FATES = 40


def fill_all(size: Size) -> None:
    fill(
        Contact,
        series(size.links),
        id=uid("contact", "n"),
        phone_id=PHONE,
        identifier=f"'AR.' || {text('n')}",
        identifier_type=chosen("n", "bsuid", "phone"),
        name="'Ana ' || n",
        bsuid=f"'AR.' || {text('n')}",
        wa_id=f"'549116' || {text('n')}",
        phone_number=f"'549116' || {text('n')}",
        username="'ana' || n",
        created_at=ago("n", size.links, 90),
    )
    fill(
        Conversation,
        series(size.links),
        id=uid("conversation", "n"),
        phone_id=PHONE,
        contact_id=uid("contact", "n"),
        message_count="2",
        last_message_at=ago("n", size.links, 90),
        created_at=ago("n", size.links, 90),
    )
    fill_messages(size)
    fill_shared(size)


def fill_messages(size: Size) -> None:
    conversation = f"CASE WHEN n % 3 = 1 THEN 1 ELSE 1 + n % {size.links} END"
    fill(
        Message,
        f"(SELECT m, {conversation} AS n FROM (SELECT n AS m, n FROM {series(size.messages)}) y) x",
        id=uid("message", "m"),
        phone_id=PHONE,
        conversation_id=uid("conversation", "n"),
        direction=chosen("m", "inbound", "outbound"),
        source=chosen("m", "customer", "api"),
        type=chosen("m", "text", "text", "image", "template", "audio"),
        wamid="'wamid.' || md5(m::text)",
        content='\'{"body": "What somebody wrote, as long as people write."}\'',
        status=chosen("m", "delivered", "read", "sent", "failed", "pending"),
        error='CASE WHEN m % 5 = 3 THEN \'{"code": 131047, "title": "Re-engagement message"}\'::jsonb END',
        timestamp=ago("m", size.messages, 90),
        created_at=ago("m", size.messages, 90),
    )
    fill(
        OutboxEntry,
        series(UNKNOWN_FATES),
        message_id=uid("message", "n * 3 + 1"),
        phone_id=uid("phone", 1),
        contact_id=uid("contact", 1),
        body="'{}'",
        called_at="now()",
        finished_at="now()",
    )


def fill_shared(size: Size) -> None:
    count = size.links // 20
    fill(
        SharedInboxLink,
        series(count),
        id=uid("shared", "n"),
        phone_id=uid("phone", "n"),
        name="'Front desk ' || n",
        token_hash="md5(n::text)",
        can_read_inbox="true",
        revoked_at="CASE WHEN n % 9 = 2 THEN now() END",
        expires_at="CASE WHEN n % 9 = 3 THEN now() END",
        last_used_at="now()",
        created_at=ago("n", count, 90),
    )
    fill(
        SharedInboxSession,
        series(count * 2),
        id=uid("session", "n"),
        link_id=uid("shared", f"1 + n % {count}"),
        key_hash="md5(n::text)",
        expires_at="now() + (n % 3 - 1) * interval '1 hour'",
    )
    fill(
        SharedInboxAction,
        series(count * 20),
        link_id=uid("shared", f"CASE WHEN n % 2 = 1 THEN 1 ELSE 1 + n % {count} END"),
        kind="'sent'",
        message_id=uid("message", "n"),
        session_id=uid("session", "1 + n % 7"),
        at=ago("n", count * 20, 30),
    )
