"""The Resumable Upload API: a signed session, the bytes, a handle that templates take as a sample."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import APP, error_of

CONTENT = b"%PDF-1.4 a document"
BODY = {"type": "BODY", "text": "Hello {{1}}, here it is.", "example": {"body_text": [["Ana"]]}}


@pytest.fixture
def signup(sandbox):
    return sandbox.sign_up()


@pytest.fixture
def token(graph, signup) -> str:
    return str(graph.token_of(signup))


def begin(graph, token, **changes):
    params = {"file_name": "a.pdf", "file_length": len(CONTENT), "file_type": "application/pdf"} | changes
    return graph.call("POST", f"/{APP['app_id']}/uploads", token, params=params)


def send(graph, token, session, content=CONTENT, **headers):
    given = {"Authorization": f"OAuth {token}", "file_offset": "0"} | headers
    url = f"{graph.sandbox.url}/v25.0/{session}"
    return graph.session.post(url, data=content, headers=given, timeout=10)


def hand_in(graph, token, signup, handle):
    header = {"type": "HEADER", "format": "DOCUMENT", "example": {"header_handle": [handle]}}
    body = {"name": "send_file", "language": "en", "category": "UTILITY", "components": [header, BODY]}
    return graph.post(f"/{signup['wabaId']}/message_templates", token, **body)


def test_an_uploaded_document_is_the_sample_of_a_template(graph, signup, token):
    session = begin(graph, token).json()["id"]
    handle = send(graph, token, session).json()["h"]

    assert session.startswith("upload:")
    assert "?sig=" in session
    assert hand_in(graph, token, signup, handle).json()["status"] == "PENDING"


@pytest.mark.parametrize("handle", ["4::made:up", "", None, 7])
def test_a_document_without_a_sample_is_refused(graph, signup, token, handle):
    assert error_of(hand_in(graph, token, signup, handle)) == (100, 2388043)


@pytest.mark.parametrize("missing", ["file_name", "file_length", "file_type"])
def test_a_session_says_what_will_come(graph, token, missing):
    assert error_of(begin(graph, token, **{missing: ""}))[0] == 100


@pytest.mark.parametrize("wrong", [{"file_type": "text/plain"}, {"file_length": "many"}])
def test_a_session_is_for_files_that_meta_takes(graph, token, wrong):
    assert error_of(begin(graph, token, **wrong))[0] == 100


def test_the_signature_the_length_the_offset_and_the_tokens_form_count(graph, token):
    session = begin(graph, token).json()["id"]

    assert error_of(send(graph, token, session.partition("?")[0]))[0] == 100
    assert error_of(send(graph, token, session, CONTENT + b"more"))[0] == 100
    assert error_of(send(graph, token, session, b"x" * len(CONTENT)))[0] == 100
    assert error_of(send(graph, token, session, file_offset="1"))[0] == 100
    assert error_of(send(graph, token, session, Authorization=f"Bearer {token}"))[0] == 104
    assert send(graph, token, session).status_code == 200


def test_a_scenario_of_a_business_meets_the_upload_of_its_token(sandbox, graph, signup, token):
    sandbox.set_scenario("error", code=2, call="begin_upload", target=signup["businessId"])

    assert error_of(begin(graph, token))[0] == 2
    assert begin(graph, graph.token_of(sandbox.sign_up())).status_code == 200


@pytest.mark.parametrize("text", ["{{1}} is ready.", "It is ready, {{1}}!"])
def test_a_body_that_begins_or_ends_with_a_variable_is_refused(graph, signup, token, text):
    body = {"type": "BODY", "text": text, "example": {"body_text": [["Ana"]]}}
    given = {"name": "ready", "language": "en", "category": "UTILITY", "components": [body]}

    refused = graph.post(f"/{signup['wabaId']}/message_templates", token, **given)

    assert error_of(refused) == (100, 2388299)
