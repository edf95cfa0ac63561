"""Links that ask for templates, and what has become of them."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from onboarding.models import OnboardingLink
from tests.onboarding.conftest import Circle, EndUser, run_due
from webhooks.models import Event

Ask = Callable[..., EndUser]


@pytest.fixture
def ask(circle: Circle) -> Ask:
    """A signup up to the accepted code, of a link that asks for templates. Nobody decides on them."""
    circle.meta.sandbox.messaging(review_ms=None)

    def asking(*names: str, made: Any = None, **body: Any) -> EndUser:
        user = EndUser(circle.make_link(starterTemplates=list(names) or True, **body)["id"])
        assert user.bring(made or circle.meta.sandbox.sign_up()).status_code == 202
        return user

    return asking


@pytest.fixture
def asked_for(ask: Ask) -> Ask:
    """The same, when everything has come to rest."""

    def done(*names: str, **options: Any) -> EndUser:
        user = ask(*names, **options)
        run_due()
        return user

    return done


def rows_of(user: EndUser) -> dict[str, dict[str, Any]]:
    rows = OnboardingLink.objects.get(pk=user.link_id).starter_templates
    return {row["template"]: row for row in rows}


def statuses(user: EndUser) -> list[str | None]:
    return [row["status"] for row in rows_of(user).values()]


def made_at_meta(circle: Circle) -> list[dict[str, Any]]:
    return list(circle.meta.sandbox.state.of_kind("template"))


def told() -> list[dict[str, Any]]:
    """The data of each `template.status_updated`, in their order."""
    rows = Event.objects.filter(name="template.status_updated").order_by("id")
    return [orjson.loads(bytes(row.body))["data"] for row in rows]
