"""What an end-user without a number does in the page, and what the tests of it look at."""

from typing import Any

from tests.onboarding.conftest import Circle, EndUser, run_due

NEW = "+54 9 11 5555-1234"
E164 = "+5491155551234"
# What the sandbox's SMS and calls say.
CODE = "246810"


def without_number(circle: Circle, **body: Any) -> EndUser:
    user = circle.signed_up("only_waba", **body)
    run_due()
    return user


def add(user: EndUser, number: str = NEW, method: str = "SMS") -> Any:
    return user.call("number", phoneNumber=number, displayName="Café Río", method=method)


def calls(circle: Circle, name: str) -> int:
    return len(circle.meta.sandbox.calls(name))


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]
