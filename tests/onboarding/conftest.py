"""An end-user's browser without a browser: the page's calls, in any order, and the work that follows."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from onboarding import resuming, runner
from onboarding.models import OnboardingLink, Signup, StepRun
from onboarding.tasks import follow_up
from tests.conftest import Api
from tests.wabas.world import Meta, meta

__all__ = ["meta"]


def run_due() -> None:
    """Does what workers do, one step after the other, until nothing is due now."""
    for _ in range(50):
        due = resuming.due(timezone.now())
        if not due:
            return
        for signup_id, step in due:
            follow_up(signup_id, runner.run_step(signup_id, step))
    raise AssertionError("the steps never come to rest")


@dataclass
class EndUser:
    """One try of one link; `answers` are what the page was told."""

    link_id: str
    client: Client = field(default_factory=Client)
    signup_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def call(self, name: str, **body: Any) -> Any:
        return self.client.post(
            f"/signup/{self.link_id}/{name}",
            data={"signupId": self.signup_id, **body},
            content_type="application/json",
        )

    def bring(self, made: dict[str, Any], *, order: str = "sc") -> Any:
        """Sends the session (s) and the code (c) of a finished dialog; the code's answer comes back."""
        answer = None
        for what in order:
            if what == "s" and made["session"]:
                assert self.call("session", **made["session"]).status_code == 202
            if what == "c" and made["code"]:
                answer = self.call("callback", code=made["code"])
        return answer

    def status(self) -> Any:
        return self.client.get(f"/signup/{self.link_id}/status", {"signupId": self.signup_id}).json()

    @property
    def signup(self) -> Signup:
        return Signup.objects.get(pk=self.signup_id)

    def step(self, name: str) -> StepRun:
        return StepRun.objects.get(signup_id=self.signup_id, step=name)

    def make_due(self) -> None:
        """Lets the time of every waiting step come."""
        waiting = StepRun.objects.filter(signup_id=self.signup_id, status=StepRun.Status.WAITING)
        waiting.filter(next_attempt_at__gt=timezone.now()).update(
            next_attempt_at=timezone.now() - timedelta(seconds=1)
        )


@pytest.fixture
def make_link(api: Api) -> Callable[..., dict[str, Any]]:
    def made(**body: Any) -> dict[str, Any]:
        answer = api.post("onboarding-links", {"name": "Acme Corp", **body})
        assert answer.status_code == 201, answer.json()
        link: dict[str, Any] = answer.json()["data"]
        return link

    return made


@pytest.fixture
def user_of() -> Callable[[dict[str, Any]], EndUser]:
    return lambda link: EndUser(link["id"])


@dataclass
class Circle:
    """A link, its end-user and the fake Meta: what most claims about a signup need."""

    api: Api
    meta: Meta
    make_link: Callable[..., dict[str, Any]]

    def signed_up(
        self, choice: str = "success", *, order: str = "sc", link: Any = None, **body: Any
    ) -> EndUser:
        """A signup up to the accepted code; no step has run yet."""
        link = link or self.make_link(**body)
        user = EndUser(link["id"])
        answer = user.bring(self.meta.sandbox.sign_up(choice), order=order)
        assert answer is not None
        assert answer.status_code == 202, answer.json()
        return user

    def completed(self, choice: str = "success", **body: Any) -> tuple[EndUser, dict[str, Any]]:
        user = self.signed_up(choice, **body)
        run_due()
        return user, self.read(user.link_id)

    def read(self, link_id: str) -> dict[str, Any]:
        link: dict[str, Any] = self.api.get(f"onboarding-links/{link_id}").json()["data"]
        return link

    def row(self, user: EndUser) -> OnboardingLink:
        return OnboardingLink.objects.get(pk=user.link_id)


@pytest.fixture
def circle(api: Api, meta: Meta, make_link: Callable[..., dict[str, Any]]) -> Circle:
    return Circle(api, meta, make_link)
