"""Whether an answer is what a document shows: keys in its order, its kinds of values; more keys may be."""

import re
from typing import Any

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
TIME = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
# A documented text is one of these kinds, and so must the real one be; other texts are to be equal.
KINDS = {
    "our id": (r"[0-9a-f]{8}-[0-9a-f-]{27}|(org|link|phone|waba)_uuid", UUID),
    "time": (TIME, TIME),
    "phone number": (r"\+\d{8,15}", r"\+\d{8,15}"),
    "Meta's id": (r"\d{15}|meta_waba_id", r"\d{10,20}"),
    "our address": (
        r"https://api\.example\.com/.*-\.\.\.",
        rf"http://localhost:\d+/(signup|webhook/phone)/{UUID}",
    ),
}


def assert_like(shown: Any, real: Any, *, free: frozenset[str] = frozenset(), at: str = "$") -> None:
    """`free` names keys whose texts Meta makes up: only their type is compared."""
    if isinstance(shown, dict):
        assert isinstance(real, dict), f"{at} is {real!r}, not an object"
        assert list(shown) == [key for key in real if key in shown], f"{at} has {list(real)}"
        for key, value in shown.items():
            if key in free and isinstance(value, str):
                assert isinstance(real[key], str), f"{at}.{key} is {real[key]!r}"
            else:
                assert_like(value, real[key], free=free, at=f"{at}.{key}")
    elif isinstance(shown, list):
        assert isinstance(real, list), f"{at} is {real!r}, not a list"
        assert not shown or len(real) >= len(shown), f"{at} is empty"
        for number, value in enumerate(shown):
            assert_like(value, real[number], free=free, at=f"{at}[{number}]")
    elif isinstance(shown, str):
        assert_text(shown, real, at)
    else:
        assert (type(real), real) == (type(shown), shown), f"{at} is {real!r}, not {shown!r}"


def assert_text(shown: str, real: Any, at: str) -> None:
    assert isinstance(real, str), f"{at} is {real!r}, not a text"
    for kind, (documented, expected) in KINDS.items():
        if re.fullmatch(documented, shown):
            assert re.fullmatch(expected, real), f"{at} is {real!r}: not {kind}"
            return
    assert real == shown, f"{at} is {real!r}, not {shown!r}"
