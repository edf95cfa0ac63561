"""Bodies that must not get in, by call: each with the field that the error has to name."""

from typing import Any

LINKS, WEBHOOKS, KEYS = "onboarding-links", "outgoing-webhooks", "api-keys"
URL = "https://shop.example.com/"
SMALLEST: dict[str, dict[str, Any]] = {
    LINKS: {"name": "Acme Corp"},
    WEBHOOKS: {"url": URL, "events": ["*"]},
    KEYS: {"name": "second", "scopes": ["read"]},
}
# The kinds of JSON; each field takes one of them.
KINDS: dict[str, Any] = {
    "number": 7,
    "float": 1.5,
    "huge": 10**30,
    "bool": True,
    "text": "text",
    "list": ["text"],
    "object": {"a": 1},
    "list of lists": [[]],
    "empty list": [],
    "empty text": "",
    "blank text": " \t\u2003",
}
TEXTS, TEXT_LISTS, OBJECTS, BOOLS = {"text"}, {"list"}, {"object"}, {"bool"}
# What each field takes, of the kinds above; what a text has to say is tried below.
FIELDS: dict[str, dict[str, set[str]]] = {
    LINKS: {
        "name": TEXTS,
        "externalId": TEXTS,
        "metadata": OBJECTS,
        "redirectUrl": set(),
        "webhookUrl": set(),
        "webhookSecret": set(),
        "webhookEvents": set(),
        "expiresAt": set(),
        "mode": set(),
        "expectedPhoneNumber": set(),
        "language": set(),
        "business": set(),
        "displayName": TEXTS,
        "branding": set(),
        "registeredNumberId": set(),
        "starterTemplates": BOOLS | {"empty list"},
        "landingPage": BOOLS,
    },
    WEBHOOKS: {
        "url": set(),
        "events": set(),
        "secret": set(),
        "isActive": BOOLS,
        "wabaId": set(),
        "description": TEXTS,
    },
    KEYS: {"name": TEXTS, "scopes": set(), "expiresAt": set()},
}
REQUIRED = {LINKS: {"name"}, WEBHOOKS: {"url", "events"}, KEYS: {"name", "scopes"}}


def of_wrong_kind() -> list[Any]:
    """`(call, field, value)` for every field and every kind of JSON that it does not take."""
    return [
        (call, field, value)
        for call, fields in FIELDS.items()
        for field, taken in fields.items()
        for kind, value in KINDS.items()
        if kind not in taken
    ]


def url_of(length: int) -> str:
    return URL + "x" * (length - len(URL))


def nested(depth: int) -> dict[str, Any]:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    inner: dict[str, Any] = value
    return inner


def sized(size: int) -> dict[str, str]:
    """An object whose compact JSON has so many bytes."""
    return {"a": "x" * (size - len('{"a":""}'))}


HOOK = {"webhookEvents": ["*"]}
ADDRESS_OF_200 = f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 11}.com"
# (field of `business`, the longest or last that is taken, the first that is not)
BUSINESS: list[tuple[str, Any, Any]] = [
    ("name", "x" * 100, "x" * 101),
    ("name", "Café Río & Söhne (№ 1), “Haifa”/ירושלים", "Café\nRío"),
    ("name", "\u0645\u06cc\u200c\u062e\u0648", "a\u2028b"),
    ("name", "x", ""),
    ("email", ADDRESS_OF_200, ADDRESS_OF_200.replace("e.com", "ee.com")),
    ("email", "o'neil+shop@mail.example.com", "shop@localhost@example.com"),
    ("email", "shop@caf\u00e9.example.com", "shop@caf\u202e.example.com"),
    ("email", "shop@\u05e7\u05e4\u05d4.example.com", "shop@\u2066\u05e7\u05e4\u05d4.example.com"),
    ("email", "x?bcc=a&body=b@example.com", '"\u0001\u001b"@example.com'),
    ("email", "x{y}%z@example.com", '"x"@example.com'),
    ("email", "shop@example.com", "shop@exam\u200bple.com"),
    ("website", url_of(2048), url_of(2049)),
    ("website", "http://localhost:3000/", "ftp://shop.example.com/"),
    ("registrationId", "0" * 20, "0" * 21),
    ("registrationId", "1", ""),
    ("registrationId", "514567890", "51-4567890"),
    ("registrationId", "0", "\u0661\u0662"),
    ("address", "x" * 300, "x" * 301),
    ("address", "12 Main St\r\nBoston", "12 Main St\tBoston"),
    ("addressLine2", "x" * 300, "x" * 301),
    ("addressLine2", "Floor 2", "Floor\n2"),
    ("city", "x" * 100, "x" * 101),
    ("state", "x" * 100, "x" * 101),
    ("postalCode", "x" * 20, "x" * 21),
    ("country", "IL", "il"),
    ("country", "GB", "UK"),
    ("country", "ZW", "XK"),
    ("phoneNumber", "+972 (3) 555-1234", "+97235551234567890"),
    ("timezone", "UTC-12:00", "UTC-12:15"),
    ("timezone", "UTC+14:00", "UTC+14:15"),
    ("timezone", "UTC+05:45", "UTC+05:50"),
    ("timezone", "UTC+00:00", "Asia/Jerusalem"),
    ("category", "OTC_DRUGS", "UNDEFINED"),
    ("description", "x" * 512, "x" * 513),
]
BRANDING = [("welcomeMessage", 200), ("buttonText", 50), ("successMessage", 200), ("failureMessage", 200)]
# (call, field, what is beside it, the longest or last that is taken, the first that is not)
LIMITS: list[tuple[str, str, dict[str, Any], Any, Any]] = [
    (LINKS, "name", {}, "x" * 255, "x" * 256),
    (LINKS, "name", {}, "é" * 255, "é" * 256),
    (LINKS, "name", {}, "😀" * 255, "😀" * 256),
    (LINKS, "externalId", {}, "x" * 255, "x" * 256),
    (LINKS, "redirectUrl", {}, url_of(2048), url_of(2049)),
    (LINKS, "webhookUrl", HOOK, url_of(2048), url_of(2049)),
    (LINKS, "webhookSecret", {}, "x" * 16, "x" * 15),
    (LINKS, "webhookSecret", {}, "x" * 256, "x" * 257),
    (LINKS, "webhookEvents", {"webhookUrl": URL}, ["*"] * 50, ["*"] * 51),
    (LINKS, "metadata", {}, nested(32), nested(33)),
    (LINKS, "metadata", {}, sized(16 * 1024), sized(16 * 1024 + 1)),
    (LINKS, "metadata", {}, {"é": "é" * 8187}, {"é": "é" * 8188}),
    (LINKS, "language", {}, "en-Latn-US-x1", "en_US"),
    (LINKS, "expectedPhoneNumber", {}, "+54 (9) [11] 5555-1234", "+54 9 11 5555 1234 x"),
    (LINKS, "expectedPhoneNumber", {}, "5491155551234", "+549115555123456789"),
    (LINKS, "expectedPhoneNumber", {}, "+442079460000", "+9990000000"),
    (LINKS, "displayName", {}, "é" * 50, "é" * 51),
    (LINKS, "displayName", {}, "Pizza Hut - 24/7 (\u05e9\u05dc\u05d5\u05dd) \u200f!", "Pizza\tHut"),
    (LINKS, "displayName", {}, "a\u00a0b", "a\u202eb"),
    (LINKS, "starterTemplates", {}, ["welcome"] * 3, ["welcome"] * 4),
    (LINKS, "starterTemplates", {}, ["send_file", "start_conversation"], ["send_file", "other"]),
    *[(LINKS, "business", {}, {name: last}, {name: beyond}) for name, last, beyond in BUSINESS],
    *[(LINKS, "branding", {}, {name: "x" * most}, {name: "x" * (most + 1)}) for name, most in BRANDING],
    (WEBHOOKS, "url", {}, url_of(2048), url_of(2049)),
    (WEBHOOKS, "secret", {}, "x" * 16, "x" * 15),
    (WEBHOOKS, "secret", {}, "x" * 256, "x" * 257),
    (WEBHOOKS, "description", {}, "x" * 255, "x" * 256),
    (WEBHOOKS, "events", {}, ["*"] * 50, ["*"] * 51),
    (KEYS, "name", {}, "x" * 255, "x" * 256),
    (KEYS, "scopes", {}, ["read"] * 50, ["read"] * 51),
]
FUTURE = "2100-01-15T10:30:00"
TIMES = [
    f"{FUTURE}Z",
    f"{FUTURE}.000Z",
    f"{FUTURE}.123456789Z",
    f"{FUTURE}+05:30",
    "9999-12-31T23:59:59.999Z",
]
NO_TIMES = [
    FUTURE,
    f"{FUTURE} ",
    f"{FUTURE}z",
    "2100-01-15",
    "21000115T103000Z",
    "2100-02-30T10:30:00Z",
    "2100-01-15 10:30:00Z",
    "2100-01-15T25:00:00Z",
    "2100-W03-5T10:30:00Z",
    "4102482600",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "2000-01-15T10:30:00Z",
    "tomorrow",
    "٢١٠٠-01-15T10:30:00Z",
]
NO_URLS = [
    "shop.example.com",
    "//shop.example.com",
    "ftp://shop.example.com/",
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "https://",
    "https:///path",
    "https://user:pw@shop.example.com/",
    "https://shop.example.com/a b",
    "https://shop.example.com\\@evil.example/",
    "https://shop.example.com:99999/",
    "https://shop.example.com/\r\nX: 1",
    " https://shop.example.com/",
    "https://[::1",
    "https://-x.example.com/",
    "https://a..b/",
    f"https://{'x' * 64}.example.com/",
]
# Inside: what only our own network can reach.
NO_RECEIVERS = [
    "https://10.0.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://192.168.1.1/",
    "https://[fd00::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://0.0.0.0/",
    "https://0x0a000001/",
]
BROKEN = {
    "empty": b"",
    "no JSON": b"name=Acme",
    "cut": b'{"name": "Acme',
    "two": b'{"name": "Acme"} {}',
    "single quotes": b"{'name': 'Acme'}",
    "trailing comma": b'{"name": "Acme",}',
    "comment": b'{"name": "Acme"} // hi',
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "UTF-16": '{"name": "Acme"}'.encode("utf-16"),
    "BOM": b'\xef\xbb\xbf{"name": "Acme"}',
    "deep": b"[" * 100_000,
    "deep object": b'{"a":' * 100_000,
    "deep and whole": b'{"metadata":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "list": b"[]",
    "text": b'"name"',
    "number": b"7",
    "null": b"null",
    "NaN": b"NaN",
    "control character": b'{"name": "a\x00b"}',
}
