"""Every route of the API against every caller that must not get through."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import get_resolver
from django.utils import timezone

from onboarding.models import OnboardingLink
from organizations.models import ApiKey, Organization, Scope
from organizations.services import IssuedKey, revoke_key
from phones.models import PhoneNumber
from tests.contract.routes import KEY, ROUTES, Route, patterns, served
from tests.contract.tenants import Tenant, bearer, call, refused, tenant
from wabas.models import Waba
from webhooks.models import Delivery, OutgoingWebhook

pytestmark = pytest.mark.django_db
PUBLIC = {"openapi", "openapi-yaml", "docs"}
OF_A_ROW = [route for route in ROUTES if "{" in route.path]
# Meta's own ids name the same rows.
BY_METAS_ID = [route for route in OF_A_ROW if "{waba}" in route.path or "{phone}" in route.path]
# The organization itself is no list.
LISTS = [
    route
    for route in ROUTES
    if route.status == 200 and "{" not in route.path and route.path != "organization"
]
NO_KEYS = [None, "", "Bearer", "Bearer ", "Basic c2s6b3Jn", "sk_org_abc", "Bearer é\x00"]
every_route = pytest.mark.parametrize("route", ROUTES, ids=str)


def test_every_secured_route_stands_in_the_table() -> None:
    listed = {
        (route.method, "/".join("{}" if part.startswith("{") else part for part in route.path.split("/")))
        for route in ROUTES
    }

    assert listed == served()


def test_what_needs_no_key_is_the_documentation_alone() -> None:
    names = {
        pattern.name
        for path, pattern in patterns(get_resolver())
        if path.startswith("v1/") and not getattr(pattern.callback, "actions", None)
    }

    assert names == PUBLIC


@every_route
def test_a_key_of_the_organization_with_the_scope_gets_through(route: Route) -> None:
    owner = tenant("Acme CRM", 1, scopes=(route.scope, Scope.READ) if route.body == KEY else (route.scope,))

    answer = call(route, owner.path(route), bearer(owner.key))

    assert answer.status_code == route.status, answer.content
    assert answer["X-Request-Id"]
    assert [answer[f"RateLimit-{name}"] for name in ("Limit", "Remaining")] == ["600", "599"]
    assert 0 < int(answer["RateLimit-Reset"]) <= 60


@every_route
@pytest.mark.parametrize(
    "given", [None, "", "Bearer", "Bearer ", "Basic c2s6b3Jn", "sk_org_abc", "Bearer é\x00"]
)
def test_without_a_key_nothing_answers(route: Route, given: str | None, acme: Tenant) -> None:
    answer = call(route, acme.path(route), given)

    refused(answer, 401, "UNAUTHORIZED")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def spoilt(key: IssuedKey) -> str:
    return f"Bearer {key.secret[:-1]}{'a' if key.secret[-1] != 'a' else 'b'}"


def unknown(key: IssuedKey) -> str:
    return f"Bearer sk_org_{'x' * 40}"


def revoked(key: IssuedKey) -> str:
    revoke_key(api_key=key.api_key)
    return bearer(key)


def expired(key: IssuedKey) -> str:
    ApiKey.objects.filter(pk=key.api_key.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    return bearer(key)


@every_route
@pytest.mark.parametrize("spoil", [spoilt, unknown, revoked, expired])
def test_a_key_that_is_not_good_is_unauthorized(
    route: Route, spoil: Callable[[IssuedKey], str], acme: Tenant
) -> None:
    answer = call(route, acme.path(route), spoil(acme.key))

    refused(answer, 401, "UNAUTHORIZED")
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert rows_of(acme) == (1, 1, 2, 1)


@every_route
def test_every_other_scope_together_is_forbidden(route: Route) -> None:
    owner = tenant("Acme CRM", 1, scopes=tuple(scope for scope in Scope.values if scope != route.scope))

    answer = call(route, owner.path(route), bearer(owner.key))

    refused(answer, 403, "FORBIDDEN")
    assert route.scope in answer.json()["error"]["message"]
    assert answer["RateLimit-Remaining"] == "599"
    assert rows_of(owner) == (1, 1, 2, 1)


@every_route
def test_a_suspended_organization_is_forbidden(route: Route, acme: Tenant) -> None:
    Organization.objects.filter(pk=acme.organization.pk).update(suspended_at=timezone.now())

    answer = call(route, acme.path(route), bearer(acme.key))

    refused(answer, 403, "FORBIDDEN")
    assert "WWW-Authenticate" not in answer
    assert rows_of(acme) == (1, 1, 2, 1)


def rows_of(owner: Tenant) -> tuple[int, int, int, int]:
    """What a refused call must have left as it was: links, live endpoints, live keys but a revoked one,
    deliveries."""
    return (
        OnboardingLink.objects.filter(organization=owner.organization).count(),
        OutgoingWebhook.objects.filter(organization=owner.organization, is_active=True).count(),
        ApiKey.objects.filter(organization=owner.organization).count(),
        Delivery.objects.filter(webhook__organization=owner.organization).count(),
    )


@pytest.mark.parametrize("route", OF_A_ROW, ids=str)
def test_another_organizations_row_is_not_found(route: Route, acme: Tenant, other: Tenant) -> None:
    answer = call(route, other.path(route), bearer(acme.key))

    refused(answer, 404, "NOT_FOUND")
    assert answer["RateLimit-Remaining"] == "599"
    assert rows_of(other) == (1, 1, 2, 1)
    assert PhoneNumber.objects.get(organization=other.organization).external_id is None


@pytest.mark.parametrize("route", BY_METAS_ID, ids=str)
def test_metas_id_names_a_row_of_the_own_organization_only(route: Route, acme: Tenant, other: Tenant) -> None:
    assert call(route, acme.path(route, by_metas_id=True), bearer(acme.key)).status_code == route.status
    refused(call(route, other.path(route, by_metas_id=True), bearer(acme.key)), 404, "NOT_FOUND")


@pytest.mark.parametrize("route", LISTS, ids=str)
def test_a_list_shows_the_own_rows_only(route: Route, acme: Tenant, other: Tenant) -> None:
    own = call(route, acme.path(route), bearer(acme.key)).json()

    # A feed by cursor counts nothing.
    assert own["meta"]["pagination"].get("total", len(own["data"])) == len(own["data"]) >= 1
    strangers = {*other.ids.values(), str(other.key.api_key.pk)}
    assert not strangers & {row["id"] for row in own["data"]}


@pytest.mark.parametrize("secret", ["key_hash", "secret", "access_token", "pin"])
def test_no_answer_has_a_secret_of_a_row(acme: Tenant, secret: str) -> None:
    Waba.objects.update(access_token="EAAG-the-token")
    PhoneNumber.objects.update(pin="482913")
    hidden = {
        "key_hash": acme.key.api_key.key_hash,
        "secret": OutgoingWebhook.objects.get().secret,
        "access_token": "EAAG-the-token",
        "pin": "482913",
    }
    for route in ROUTES:
        if route.method == "GET" and "connection" not in route.path:
            assert hidden[secret] not in call(route, acme.path(route), bearer(acme.key)).content.decode()
