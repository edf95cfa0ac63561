"""Templates as Meta lists them."""

from __future__ import annotations

from meta_graph import templates
from meta_graph.templates import TemplateInfo
from tests.meta_graph.conftest import BASE

BODY = {"type": "BODY", "text": "Hello {{1}}", "example": {"body_text": [["Ana"]]}}
ROW = {"id": "77", "name": "hello", "status": "REJECTED", "category": "UTILITY", "language": "es"}


def test_templates_of_all_pages_are_listed(graph, token):
    more = {"cursors": {"after": "c1"}, "next": "https://graph.example.com/next"}
    graph.get(BASE + "/11/message_templates", json={"data": [ROW | {"components": [BODY]}], "paging": more})
    graph.get(
        BASE + "/11/message_templates", json={"data": [ROW | {"id": 78, "rejected_reason": "INVALID_FORMAT"}]}
    )

    found = templates.list_templates(waba_id="11", token=token)

    assert found == (
        TemplateInfo("77", "hello", "REJECTED", "UTILITY", "es", [BODY], None),
        TemplateInfo("78", "hello", "REJECTED", "UTILITY", "es", [], "INVALID_FORMAT"),
    )


def test_a_reason_of_none_is_no_reason(graph, token):
    graph.get(BASE + "/11/message_templates", json={"data": [ROW | {"rejected_reason": "NONE"}]})

    (found,) = templates.list_templates(waba_id="11", token=token)

    assert found.rejected_reason is None


def test_a_new_template_has_metas_status_and_category(graph, token):
    answer = {"id": "77", "status": "PENDING", "category": "MARKETING"}
    graph.post(BASE + "/11/message_templates", json=answer)

    made = templates.create(
        waba_id="11", name="hello", language="es", category="UTILITY", components=[BODY], token=token
    )

    assert made == TemplateInfo("77", "hello", "PENDING", "MARKETING", "es", [BODY], None)
