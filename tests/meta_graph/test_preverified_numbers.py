"""The pool of pre-verified numbers: what is asked of Meta, and both of the shapes that it documents."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from meta_graph import phone_numbers, preverified_numbers
from meta_graph.client import system_token
from meta_graph.errors import Broken, GraphError
from meta_graph.preverified_numbers import PreverifiedNumber
from tests.meta_graph.conftest import BASE, SYSTEM_TOKEN

# Of Meta's guide, and of its OpenAPI document (v23.0).
IN_GUIDE = {
    "phone_number": "+1 211-555-5105",
    "code_verification_status": "VERIFIED",
    "verification_expiry_time": "2026-02-18T20:40:35+0000",
    "id": "106540352242922",
}
IN_OPENAPI = {
    "id": "1234567890123456",
    "display_phone_number": "+1 (555) 123-4567",
    "country_prefix": 1,
    "verification_status": "PENDING",
    "availability_status": "AVAILABLE",
}


def sent(graph, number: int = 0) -> tuple[str, str, dict, dict | None]:
    """Method, path, query without the proof, and body."""
    request = graph.calls[number].request
    query = dict(parse_qsl(urlsplit(request.url).query))
    assert query.pop("appsecret_proof")
    assert request.headers["Authorization"] == f"Bearer {SYSTEM_TOKEN}"
    body = json.loads(request.body) if request.body else None
    return request.method, urlsplit(request.url).path.removeprefix("/v25.0"), query, body


def test_a_number_is_added_to_our_portfolio(graph):
    graph.post(BASE + "/33/add_phone_numbers", json={"id": 106540352242922})

    found = preverified_numbers.add(business_id="33", phone_number="+12115555105", token=system_token())

    assert sent(graph) == ("POST", "/33/add_phone_numbers", {}, {"phone_number": "+12115555105"})
    assert found == "106540352242922"


def test_the_pool_is_read_in_either_of_metas_shapes(graph):
    graph.get(BASE + "/33/preverified_numbers", json={"data": [IN_GUIDE, IN_OPENAPI, {"id": 7}]})

    found = preverified_numbers.list_all(business_id="33", token=system_token())

    # Without `fields`: what the one document calls a field the other does not know.
    assert sent(graph) == ("GET", "/33/preverified_numbers", {"limit": "100"}, None)
    assert found == (
        PreverifiedNumber("106540352242922", "+12115555105", "VERIFIED"),
        PreverifiedNumber("1234567890123456", "+15551234567", "PENDING"),
        PreverifiedNumber("7", None, None),
    )
    assert [one.is_verified for one in found] == [True, False, False]


def test_every_page_of_the_pool_is_read(graph):
    following = {"paging": {"cursors": {"after": "c1"}, "next": f"{BASE}/33/preverified_numbers?after=c1"}}
    graph.get(BASE + "/33/preverified_numbers", json={"data": [IN_GUIDE]} | following)
    graph.get(BASE + "/33/preverified_numbers", json={"data": [IN_OPENAPI]})

    found = preverified_numbers.list_all(business_id="33", token=system_token())

    assert [one.id for one in found] == [IN_GUIDE["id"], IN_OPENAPI["id"]]
    assert sent(graph, 1)[2] == {"limit": "100", "after": "c1"}


def test_an_entry_is_deleted(graph):
    graph.delete(BASE + "/77", json={"success": True})

    preverified_numbers.delete(preverified_id="77", token=system_token())

    assert sent(graph) == ("DELETE", "/77", {}, None)


@pytest.mark.parametrize("answer", [{}, {"id": ""}, {"id": True}])
def test_an_answer_without_an_id_is_no_entry(graph, answer):
    graph.post(BASE + "/33/add_phone_numbers", json=answer)

    with pytest.raises(GraphError) as caught:
        preverified_numbers.add(business_id="33", phone_number="+12115555105", token=system_token())

    assert (caught.value.call, caught.value.broken) == ("add_preverified_number", Broken.MALFORMED)


def test_an_entrys_code_is_asked_for_and_entered_as_any_numbers(graph):
    graph.post(BASE + "/77/request_code", json={"success": True})
    graph.post(BASE + "/77/verify_code", json={"success": True})

    phone_numbers.request_code(phone_number_id="77", method="VOICE", language="es", token=system_token())
    phone_numbers.verify_code(phone_number_id="77", code="012345", token=system_token())

    assert sent(graph)[2:] == ({}, {"code_method": "VOICE", "language": "es"})
    assert sent(graph, 1)[2:] == ({}, {"code": "012345"})
