"""Staff at the admin, and customers to look at."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from organizations.models import Organization
from tests.admin.world import Story, story
from tests.wabas.world import meta

__all__ = ["meta"]
REASON = "The customer asked for it, ticket 4711."


@pytest.fixture
def staff_user(db: None) -> User:
    return User.objects.create_superuser("sandra", password="opensesame")


@pytest.fixture
def staff(staff_user: User) -> Client:
    client = Client()
    client.force_login(staff_user)
    return client


@pytest.fixture
def told(organization: Organization) -> Story:
    """One customer's whole story."""
    return story(organization)


@pytest.fixture
def act(staff: Client) -> Callable[..., Any]:
    """Chooses an action for rows and says yes to the question. The page afterwards comes back."""

    def acted(action: str, *rows: Any, confirmed: bool = True, **given: str) -> Any:
        opts = rows[0]._meta
        body = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
        answer = {"confirmed": "yes", "reason": REASON} | given if confirmed else {}
        return staff.post(f"/admin/{opts.app_label}/{opts.model_name}/", body | answer, follow=True)

    return acted
