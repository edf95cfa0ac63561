"""What of a request or an answer may be kept and shown: no secret of it, and no more than people read."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vault.redaction import HIDDEN, redacted

# Bytes of UTF-8.
LONGEST = 2048
# A single text beyond this is a file or a page, and is not even looked through.
LONGEST_TEXT = 16 * 1024
MORE = "…"
SECRET_FIELDS = frozenset({"client_secret", "code", "input_token", "pin", "verify_token", "appsecret_proof"})
# The session of an upload has its own signature: whoever has it may fill it.
UPLOAD = re.compile(r"\bupload:[^\s\"'\\?]+(?:\?[^\s\"'\\]*)?")


def shown_request(
    params: Mapping[str, Any], body: Mapping[str, Any], secrets: Sequence[str], *, file: str = ""
) -> str:
    """`query`, `body` and `file`, those that there are, as JSON. The proof is of no use to anybody."""
    sent: dict[str, Any] = {"query": known(params), "body": known(body), "file": file}
    return shown({name: one for name, one in sent.items() if one}, secrets)


def known(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a request; in an answer a `code` is Meta's error code."""
    return {
        name: HIDDEN if name in SECRET_FIELDS else value
        for name, value in fields.items()
        if name != "appsecret_proof"
    }


def secrets_in(sent: Any) -> Iterator[str]:
    """The values of secret fields, however deep in what is sent."""
    match sent:
        case Mapping():
            for name, value in sent.items():
                if name in SECRET_FIELDS and isinstance(value, str | int):
                    yield str(value)
                else:
                    yield from secrets_in(value)
        case list() | tuple():
            for value in sent:
                yield from secrets_in(value)


def shown_answer(raw: bytes, secrets: Sequence[str]) -> str:
    """JSON without secrets; of what is no JSON the beginning."""
    try:
        document = json.loads(raw)
    except ValueError:
        text = raw[: LONGEST_TEXT + 1].decode(errors="replace").replace("\x00", "")
        return cut(Shortening(secrets).text(text[:LONGEST_TEXT]))
    return shown(document, secrets)


def shown(document: Any, secrets: Sequence[str]) -> str:
    return cut(json.dumps(Shortening(secrets).walked(document), ensure_ascii=False))


def shown_path(path: str, secrets: Sequence[str]) -> str:
    return Shortening(secrets).text(path.partition("?")[0])[:255]


def cut(text: str) -> str:
    """At most LONGEST bytes."""
    whole = text.encode(errors="replace")
    if len(whole) <= LONGEST:
        return whole.decode()
    return whole[: LONGEST - len(MORE.encode())].decode(errors="ignore") + MORE


class Shortening:
    """Walks through one document until enough of it is there to fill what is kept."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self.secrets, self.left = secrets, LONGEST

    def walked(self, value: Any) -> Any:
        match value:
            case str():
                text = self.text(value)
                self.left -= len(text)
                return text
            case Mapping():
                return dict(self.fields(value))
            case list() | tuple():
                return list(self.items(value))
            case bool() | None:
                self.left -= 4
                return value
            case _:
                # A PIN may come back as a number.
                text = str(value)
                self.left -= len(text)
                return value if self.text(text) == text else HIDDEN

    def fields(self, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, inner in value.items():
            if self.left <= 0:
                yield MORE, MORE
                return
            self.left -= len(name) + 6
            yield self.text(name), HIDDEN if self.is_secret(name, inner) else self.walked(inner)

    def items(self, value: Sequence[Any]) -> Iterator[Any]:
        for inner in value:
            if self.left <= 0:
                yield MORE
                return
            self.left -= 2
            yield self.walked(inner)

    def is_secret(self, name: str, inner: Any) -> bool:
        """By its name, as a log's line would hide it."""
        is_text = isinstance(inner, str | int) and not isinstance(inner, bool)
        return is_text and redacted({name: str(inner)})[name] == HIDDEN

    def text(self, value: str) -> str:
        """Meta quotes what it was given: whatever is secret about the call is found by its value too."""
        if len(value) > LONGEST_TEXT:
            return f"[{len(value)} characters]"
        for secret in self.secrets:
            value = value.replace(secret, HIDDEN)
        cleaned: str = redacted(UPLOAD.sub(f"upload:{HIDDEN}", value))
        return cleaned
