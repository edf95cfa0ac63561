"""Templates of a WABA: what is asked of Meta, what clients see, and what Meta refuses."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.conftest import Api
from tests.graph_server import GraphServer, graph_server, refusing, saying
from wabas.message_templates.examples import BODY
from wabas.models import Waba

ROWS = [
    {"id": 17, "name": "welcome", "language": "es", "status": "APPROVED", "category": "UTILITY",
     "components": [{"type": "BODY", "text": "Hola"}]},
    {"id": "18", "name": "welcome", "language": "en", "status": "REJECTED", "category": "MARKETING",
     "components": [], "rejected_reason": "INVALID_FORMAT"},
    {"id": "19", "name": "a_welcome", "language": "en", "status": "PENDING", "category": "UTILITY",
     "components": [], "rejected_reason": "NONE"},
]  # fmt: skip


@pytest.fixture
def graph(settings: Any) -> Iterator[GraphServer]:
    with graph_server() as running:
        settings.META_GRAPH_URL = running.url
        running.usual = saying({"data": ROWS})
        yield running


@pytest.fixture
def waba(api: Api) -> Waba:
    return Waba.objects.create(
        organization=api.organization, meta_waba_id="102290129340398", access_token="EAAG"
    )


def path(waba: Waba, name: str = "") -> str:
    return f"wabas/{waba.pk}/templates{name}"


def test_templates_are_listed_by_name_and_language(api: Api, waba: Waba, graph: GraphServer) -> None:
    answer = api.get(path(waba))

    assert answer.status_code == 200, answer.content
    rows = answer.json()["data"]
    assert [(row["name"], row["language"], row["id"]) for row in rows] == [
        ("a_welcome", "en", "19"),
        ("welcome", "en", "18"),
        ("welcome", "es", "17"),
    ]
    assert [row["rejectedReason"] for row in rows] == [None, "INVALID_FORMAT", None]
    assert rows[2]["components"] == [{"type": "BODY", "text": "Hola"}]
    assert answer.json()["meta"]["pagination"] == {"page": 1, "limit": 50, "total": 3, "hasMore": False}
    assert graph.calls[0].node == "102290129340398/message_templates"


def test_a_page_of_templates_says_that_there_are_more(api: Api, waba: Waba, graph: GraphServer) -> None:
    answer = api.get(f"{path(waba)}?limit=2&page=1").json()
    last = api.get(f"{path(waba)}?limit=2&page=2").json()

    assert (len(answer["data"]), answer["meta"]["pagination"]["hasMore"]) == (2, True)
    assert (len(last["data"]), last["meta"]["pagination"]["hasMore"]) == (1, False)


def test_filters_are_metas_and_a_name_is_the_whole_name(api: Api, waba: Waba, graph: GraphServer) -> None:
    answer = api.get(f"{path(waba)}?name=welcome&status=APPROVED&language=es")

    asked = graph.calls[0].query
    assert (asked["name"], asked["status"], asked["language"]) == ("welcome", "APPROVED", "es")
    assert {row["name"] for row in answer.json()["data"]} == {"welcome"}


@pytest.mark.parametrize("query", ["name=Bad-Name", "status=GREAT", "language=en-US", "category=UTILITY"])
def test_a_filter_that_is_none_is_named_and_meta_is_not_asked(
    api: Api, waba: Waba, graph: GraphServer, query: str
) -> None:
    answer = api.get(f"{path(waba)}?{query}")

    assert answer.status_code == 400
    assert answer.json()["error"]["details"][0]["field"] == query.partition("=")[0]
    assert graph.calls == []


def test_a_template_is_handed_in_and_waits_for_meta(api: Api, waba: Waba, graph: GraphServer) -> None:
    graph.usual = saying({"id": "594425479261596", "status": "PENDING", "category": "MARKETING"})

    answer = api.post(path(waba), BODY)

    assert answer.status_code == 201, answer.content
    assert answer.json()["data"] == BODY | {
        "id": "594425479261596", "status": "PENDING", "category": "MARKETING", "rejectedReason": None,
    }  # fmt: skip
    assert graph.calls[0].body == BODY


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "Order Shipped"}, "name"),
        ({"language": "en-US"}, "language"),
        ({"category": "utility"}, "category"),
        ({"components": []}, "components"),
        ({"components": ["BODY"]}, "components.0"),
        ({"components": None}, "components"),
        ({"allowCategoryChange": True}, "allowCategoryChange"),
    ],
)
def test_what_is_wrong_with_a_template_is_named(
    api: Api, waba: Waba, graph: GraphServer, change: dict[str, Any], field: str
) -> None:
    answer = api.post(path(waba), BODY | change)

    assert answer.status_code == 400
    assert field in {detail["field"] for detail in answer.json()["error"]["details"]}
    assert graph.calls == []


def test_metas_refusal_is_given_with_its_details(api: Api, waba: Waba, graph: GraphServer) -> None:
    graph.usual = refusing(
        100,
        "Invalid parameter",
        error_subcode=2388023,
        error_user_msg="A template of that name is being deleted.",
    )

    answer = api.post(path(waba), BODY)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, "META_REFUSED")
    assert error["message"] == "(#100) Invalid parameter: A template of that name is being deleted."
    assert error["meta"] == {"code": 100, "subcode": 2388023, "traceId": "AbC"}


def test_a_template_is_deleted_by_its_name(api: Api, waba: Waba, graph: GraphServer) -> None:
    graph.usual = saying({"success": True})

    assert api.delete(path(waba, "/welcome")).status_code == 204
    assert api.delete(path(waba, "/Not%20a%20name")).status_code == 404

    (call,) = graph.calls
    assert (call.method, call.query["name"]) == ("DELETE", "welcome")


def test_an_account_that_cannot_be_used_is_a_conflict_and_meta_is_not_asked(
    api: Api, waba: Waba, graph: GraphServer
) -> None:
    for columns in (
        {"status": "disconnected"},
        {"status": "connected", "token_expires_at": timezone.now() - timedelta(seconds=1)},
        {"token_expires_at": None, "token_refused_at": timezone.now()},
    ):
        Waba.objects.filter(pk=waba.pk).update(**columns)
        assert api.get(path(waba)).status_code == 409
        assert api.post(path(waba), BODY).status_code == 409
        assert api.delete(path(waba, "/welcome")).status_code == 409
    assert graph.calls == []


def test_a_token_that_meta_refuses_is_noted(api: Api, waba: Waba, graph: GraphServer) -> None:
    graph.usual = refusing(190, "Error validating access token", status=401)

    answer = api.get(path(waba))

    assert answer.status_code == 422
    assert Waba.objects.get().token_refused_at is not None


def test_metas_failure_is_a_502(api: Api, waba: Waba, graph: GraphServer) -> None:
    graph.usual = refusing(2, "Service temporarily unavailable", status=503)

    assert api.get(path(waba)).status_code == 502


def test_another_organizations_templates_are_not_found(
    api: Api, stranger: Api, waba: Waba, graph: GraphServer
) -> None:
    for answer in (
        stranger.get(path(waba)),
        stranger.post(path(waba), BODY),
        stranger.delete(path(waba, "/x")),
    ):
        assert answer.status_code == 404
    assert graph.calls == []
