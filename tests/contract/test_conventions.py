"""What holds on every route: paths that name nothing, methods, request ids, limits."""

from typing import Any

import pytest
from django.test import Client

from api import throttling
from organizations.models import Scope
from organizations.services import issue_key
from tests.contract.routes import ROUTES, Route
from tests.contract.tenants import Tenant, bearer, call, refused

pytestmark = pytest.mark.django_db
OF_A_ROW = [route for route in ROUTES if "{" in route.path]
NO_ROUTES = ["", "nothing", "onboarding-links/", "onboarding-links/1/2/3", "openapi.jsonx"]
UUID = "550e8400-e29b-41d4-a716-446655440000"
NO_ROWS = ["not-a-uuid", "0", "1" * 40, "1" * 5000, "%00", "é", "..", "a b", UUID, UUID[:-1], UUID + "0"]
every_route = pytest.mark.parametrize("route", ROUTES, ids=str)


@pytest.mark.parametrize("row", NO_ROWS)
@pytest.mark.parametrize("route", OF_A_ROW, ids=str)
def test_a_path_that_names_no_row_is_not_found(route: Route, row: str, acme: Tenant) -> None:
    path = "/v1/" + route.path.format(**dict.fromkeys(acme.ids, row))

    refused(call(route, path, bearer(acme.key)), 404, "NOT_FOUND")


@pytest.mark.parametrize("path", NO_ROUTES)
def test_a_path_that_is_no_route_is_not_found_in_json(path: str) -> None:
    refused(Client().get(f"/v1/{path}"), 404, "NOT_FOUND")


@every_route
@pytest.mark.parametrize("method", ["PUT", "OPTIONS", "TRACE", "BREW"])
def test_other_methods_are_405_and_name_those_that_are_allowed(
    route: Route, method: str, acme: Tenant
) -> None:
    answer = Client().generic(
        method, acme.path(route), headers={"authorization": bearer(acme.key)}, QUERY_STRING="page=1"
    )

    refused(answer, 405, "METHOD_NOT_ALLOWED")
    assert route.method in answer["Allow"]


def test_the_clients_own_request_id_is_kept_where_it_is_printable_and_short(acme: Tenant) -> None:
    def sent(given: str) -> str:
        return str(Client().get("/v1/phones", headers={"x-request-id": given})["X-Request-Id"])

    assert sent("order-7 / a") == "order-7 / a"
    assert sent("x" * 128) == "x" * 128
    for unusable in ("", "x" * 129, "tab\tin", "ñ"):
        assert sent(unusable) != unusable


def test_beyond_the_limit_is_429_and_says_when_to_come_again(acme: Tenant, settings: Any) -> None:
    settings.API_RATE_LIMIT = "2/hour"
    path, key = "/v1/phones", {"authorization": bearer(acme.key)}
    assert [Client().get(path, headers=key).status_code for _ in range(2)] == [200, 200]

    answer = Client().get(path, headers=key)

    refused(answer, 429, "RATE_LIMITED")
    assert 0 < int(answer["Retry-After"]) <= 3600
    assert answer["Retry-After"] == answer["RateLimit-Reset"]
    assert (answer["RateLimit-Limit"], answer["RateLimit-Remaining"]) == ("2", "0")


def test_a_limit_is_of_one_key_and_refused_calls_count(acme: Tenant, settings: Any) -> None:
    settings.API_RATE_LIMIT = "2/hour"
    narrow = issue_key(organization=acme.organization, name="narrow", scopes=[Scope.WRITE])
    for _ in range(2):
        assert Client().get("/v1/phones", headers={"authorization": bearer(narrow)}).status_code == 403

    refused(Client().get("/v1/phones", headers={"authorization": bearer(narrow)}), 429, "RATE_LIMITED")
    assert Client().get("/v1/phones", headers={"authorization": bearer(acme.key)}).status_code == 200


def test_without_redis_calls_are_let_through_and_none_fails(
    acme: Tenant, settings: Any, free_port: int
) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port}/0"
    settings.API_RATE_LIMIT = "1/hour"
    throttling.counter.cache_clear()

    answers = [Client().get("/v1/phones", headers={"authorization": bearer(acme.key)}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer["RateLimit-Limit"] for answer in answers] == ["1"] * 3
    throttling.counter.cache_clear()
