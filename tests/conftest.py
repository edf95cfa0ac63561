"""The small world of most tests: two organizations, their keys, and a client that speaks for them."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.contenttypes.management import create_contenttypes
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models.signals import post_migrate
from django.test import Client

from api import throttling
from organizations.models import Organization, Scope
from organizations.services import create_organization, issue_key

pytest_plugins = ["tests.browser"]
# Sync Playwright runs an event loop in the test's thread; the ORM is used from it all the same.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


class Form(dict[str, Any]):
    """A body that goes as multipart/form-data. A tuple is a file: name, bytes, type."""

    @property
    def parts(self) -> dict[str, Any]:
        """Files that nobody has read yet."""
        return {
            name: SimpleUploadedFile(*value) if isinstance(value, tuple) else value
            for name, value in self.items()
        }


def content_of(body: Any) -> dict[str, Any]:
    """As the test client takes it."""
    if body is None:
        return {}
    return (
        {"data": body.parts} if isinstance(body, Form) else {"data": body, "content_type": "application/json"}
    )


@dataclass
class Api:
    """The REST API as a client sees it: real URLs, JSON in, JSON out."""

    key: str | None = field(repr=False)
    organization: Organization
    client: Client

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        given = {"authorization": f"Bearer {self.key}"} if self.key else {}
        return getattr(self.client, method)(f"/v1/{path}", headers=given | headers, **content_of(body))

    def get(self, path: str, **headers: str) -> Any:
        return self.call("get", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("post", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.call("patch", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.call("delete", path, **headers)


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    """Each test starts with a full allowance."""
    throttling.counter.cache_clear()


@pytest.fixture
def api_for(db: None) -> Callable[..., Api]:
    """Makes an organization with a key of the given scopes, and its client."""

    def made(name: str = "Acme CRM", scopes: tuple[str, ...] = tuple(Scope.values)) -> Api:
        organization = create_organization(name=name)
        issued = issue_key(organization=organization, name="test", scopes=scopes)
        return Api(issued.secret, organization, Client())

    return made


@pytest.fixture
def api(api_for: Callable[..., Api]) -> Api:
    return api_for()


@pytest.fixture
def stranger(api_for: Callable[..., Api]) -> Api:
    """Another organization, which must never see anything of the first."""
    return api_for("Stranger Inc")


@pytest.fixture
def organization(api: Api) -> Organization:
    return api.organization


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """Where tests.postgresql keeps what Django makes after each flush, it need not be looked for again."""
    if connection.settings_dict["ENGINE"] == "tests.postgresql":
        assert post_migrate.disconnect(create_contenttypes)
        assert post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")


# What a fixture needs of the machine; see tests/services.
NEEDS = {
    "product": {"postgresql", "redis"},
    "rig": {"postgresql", "redis"},
    "page": {"chromium"},
    "browser": {"chromium"},
    "node": {"node"},
    "axe": {"node"},
    "php": {"php"},
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what this machine cannot run; tests/services says so loudly, and fails instead in CI."""
    missing = set(filter(None, os.environ.get("GANGWAY_TEST_MISSING", "").split(",")))
    if "TEST_DATABASE_URL" not in os.environ or "TEST_REDIS_URL" not in os.environ:
        missing |= {"postgresql", "redis"}
    out = [item for item in items if needs(item) & missing]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in set(out)]


def needs(item: pytest.Item) -> set[str]:
    fixtures = getattr(item, "fixturenames", ())
    return set().union(*(wanted for name, wanted in NEEDS.items() if name in fixtures))
