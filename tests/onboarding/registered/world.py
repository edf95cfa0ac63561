"""What clients do with registered numbers, and what the fake Meta has of them."""

from typing import Any

from tests.conftest import Api
from tests.wabas.world import Meta

NUMBER, OTHER_NUMBER = "+5491155551234", "+34612000111"
# What the sandbox's SMS and calls say.
CODE = "246810"


def ask(api: Api, number: str = NUMBER, method: str = "sms", **body: Any) -> Any:
    return api.post("registered-numbers", {"phoneNumber": number, "method": method, **body})


def registered(api: Api, number: str = NUMBER, **body: Any) -> dict[str, Any]:
    answer = ask(api, number, **body)
    assert answer.status_code == 201, answer.json()
    return dict(answer.json()["data"])


def enter(api: Api, number: dict[str, Any], code: str = CODE) -> Any:
    return api.post(f"registered-numbers/{number['id']}/verify", {"code": code})


def again(api: Api, number: dict[str, Any], **body: Any) -> Any:
    return api.post(f"registered-numbers/{number['id']}/request-code", body)


def verified(api: Api, number: str = NUMBER, **body: Any) -> dict[str, Any]:
    answer = enter(api, registered(api, number, **body))
    assert answer.status_code == 200, answer.json()
    return dict(answer.json()["data"])


def read(api: Api, number: dict[str, Any]) -> dict[str, Any]:
    return dict(api.get(f"registered-numbers/{number['id']}").json()["data"])


def error_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def pool(meta: Meta) -> list[dict[str, Any]]:
    """The entries at Meta, oldest first."""
    with meta.sandbox.state as state:
        return [dict(entry) for entry in state.of_kind("preverified_number")]


def done(meta: Meta) -> dict[str, int]:
    """How often Meta did what, since the beginning; looking at the pool does nothing."""
    counts = {name: one["done"] for name, one in meta.sandbox.counts().items() if one["done"]}
    counts.pop("preverified_numbers", None)
    return counts
