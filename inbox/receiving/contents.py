"""What a message of Meta's says, by its type, in the words of the contract.

Anything that is not as Meta says becomes `{raw}`: what Meta sent, without its envelope. Nothing is lost, and
nothing here raises.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from inbox.content import MEDIA_TYPES
from inbox.models.conversations import WAMID_LENGTH
from inbox.reading import clean, ident, inner, rows, text

Item = Mapping[str, Any]
Content = dict[str, Any]
TYPE_LENGTH = 32
# What `raw` leaves out, since it stands elsewhere.
ENVELOPE = frozenset(
    {"from", "from_user_id", "from_parent_user_id", "to", "to_user_id", "to_parent_user_id", "id",
     "timestamp", "type", "context", "referral", "group_id", "history_context"}
)  # fmt: skip
# What a person does to a message of theirs.
CHANGES = frozenset({"edit", "revoke"})
# Of one message; a customer's endpoint gets it whole.
MAX_BYTES = 128 * 1024
# Leaving out texts that are no longer than this, in characters, helps little.
SHORT = 1000
# Characters; WhatsApp itself takes 4,096.
MAX_TEXT = 16_384


@dataclass(frozen=True)
class File:
    """What Meta says of a file that it keeps for us."""

    meta_media_id: str
    mime_type: str | None
    filename: str | None
    sha256: str | None


@dataclass(frozen=True)
class Said:
    """A message's type and content, its file, and the messages that it answers or is about, by Meta's ids."""

    type: str
    content: Content
    file: File | None
    context: Content | None
    reply_to_wamid: str | None
    target_wamid: str | None


def said(item: Item) -> Said:
    kind = type_of(item)
    content = content_of(kind, item)
    # The new form of an edited message has the file.
    bearer = inner(inner(item, "edit"), "message") if kind == "edit" else item
    return Said(
        type=kind,
        content=content,
        file=file_of(bearer),
        context=context_of(item),
        reply_to_wamid=wamid(inner(item, "context").get("id")),
        target_wamid=target(item),
    )


def type_of(item: Item) -> str:
    return text(item.get("type"), TYPE_LENGTH) or "unknown"


def content_of(kind: str, item: Item) -> Content:
    read = READERS.get(kind)
    found = read(item) if read else None
    content = raw(item) if found is None else clean(found)
    shorten(content)
    return {name: value for name, value in content.items() if value is not None or name == "raw"}


def shorten(content: Content) -> None:
    """Leaves out the longest texts until the rest is not too large: the picture in a card, not its name."""
    size = len(orjson.dumps(content))
    if size <= MAX_BYTES:
        return
    for holder, key in sorted(leaves_of(content), key=lambda leaf: len(leaf[0][leaf[1]]), reverse=True):
        if size > MAX_BYTES:
            size -= len(orjson.dumps(holder[key]))
            holder[key] = None
    if len(orjson.dumps(content)) > MAX_BYTES:
        content.clear()
        content["raw"] = None


def leaves_of(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each text inside, as what holds it and its key there."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, found in inside:
        if isinstance(found, str) and len(found) > SHORT:
            yield value, key
        elif isinstance(found, dict | list):
            yield from leaves_of(found)


def raw(item: Item) -> Content:
    return {"raw": clean({name: value for name, value in item.items() if name not in ENVELOPE})}


def said_text(item: Item) -> Content | None:
    body = inner(item, "text").get("body")
    return {"body": body[:MAX_TEXT]} if isinstance(body, str) else None


def media(item: Item) -> Content | None:
    if file_of(item) is None:
        return None
    said = inner(item, type_of(item))
    marks = {name: True for name in ("voice", "animated") if said.get(name) is True}
    return {
        "mimeType": text(said.get("mime_type"), 128),
        "caption": text(said.get("caption")),
        "filename": text(said.get("filename"), 255),
        **marks,
    }


def location(item: Item) -> Content | None:
    said = inner(item, "location")
    place = {name: said.get(name) for name in ("latitude", "longitude")}
    if not all(isinstance(number, int | float) and not isinstance(number, bool) for number in place.values()):
        return None
    return {**place, **{name: text(said.get(name)) for name in ("name", "address", "url")}}


def contacts(item: Item) -> Content | None:
    return {"contacts": item["contacts"]} if isinstance(item.get("contacts"), list) else None


def interactive(item: Item) -> Content | None:
    said = inner(item, "interactive")
    kind = text(said.get("type")) or next(iter(said), None)
    return {"type": kind} | {name: value for name, value in said.items() if name != "type"} if said else None


def button(item: Item) -> Content | None:
    said = inner(item, "button")
    return {"text": text(said.get("text")), "payload": text(said.get("payload"))} if said else None


def reaction(item: Item) -> Content | None:
    """Without an emoji it was taken back. The id of the message is added where that is found."""
    emoji, of = inner(item, "reaction").get("emoji"), target(item)
    return {"emoji": emoji if isinstance(emoji, str) else "", "wamid": of} if of else None


def edit(item: Item) -> Content | None:
    """The new form of a message as that message's own content, besides what Meta sent."""
    message, of = inner(inner(item, "edit"), "message"), target(item)
    if of is None or not message or type_of(message) in CHANGES:
        return None
    kind = type_of(message)
    return {"wamid": of, "type": kind, "content": content_of(kind, message), **raw(item)}


def revoke(item: Item) -> Content | None:
    of = target(item)
    return {"wamid": of, **raw(item)} if of else None


READERS: dict[str, Callable[[Item], Content | None]] = {
    "text": said_text,
    **dict.fromkeys(sorted(MEDIA_TYPES), media),
    "location": location,
    "contacts": contacts,
    "interactive": interactive,
    "button": button,
    "reaction": reaction,
    "edit": edit,
    "revoke": revoke,
}


def file_of(item: Item) -> File | None:
    kind = type_of(item)
    said = inner(item, kind)
    meta_media_id = ident(said.get("id"), 128)
    if kind not in MEDIA_TYPES or meta_media_id is None:
        return None
    return File(
        meta_media_id,
        text(said.get("mime_type"), 128),
        text(said.get("filename"), 255),
        text(said.get("sha256"), 88),
    )


def target(item: Item) -> str | None:
    """The message that this one is about, by Meta's id."""
    kind = type_of(item)
    if kind == "reaction":
        return wamid(inner(item, "reaction").get("message_id"))
    return wamid(inner(item, kind).get("original_message_id")) if kind in CHANGES else None


def context_of(item: Item) -> Content | None:
    """What came with it: where it was forwarded from, the advertisement, the product, the group."""
    said = inner(item, "context")
    product = said.get("referred_product")
    found = {
        "forwarded": said.get("forwarded") is True or None,
        "frequentlyForwarded": said.get("frequently_forwarded") is True or None,
        "referredProduct": clean(product) if isinstance(product, Mapping) else None,
        "referral": clean(item.get("referral")) if isinstance(item.get("referral"), Mapping) else None,
        "groupId": text(item.get("group_id"), 255),
    }
    kept = {name: value for name, value in found.items() if value is not None}
    return kept if kept and len(orjson.dumps(kept)) <= MAX_BYTES else None


def error_of(item: Item) -> Content | None:
    """The first of Meta's `errors`, as `{code, title, details}`."""
    first = next(iter(rows(item, "errors")), None)
    if first is None:
        return None
    title = text(first.get("title"), 500) or text(first.get("message"), 500)
    details = text(inner(first, "error_data").get("details"), 2000) or text(first.get("details"), 2000)
    return {"code": text(first.get("code"), 64) or "unknown", "title": title or "Unknown", "details": details}


def wamid(value: Any) -> str | None:
    return ident(value, WAMID_LENGTH)
