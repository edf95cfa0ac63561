"""Files that Meta keeps for itself: a session first, then the bytes with the token in a form of their own."""

from __future__ import annotations

import pytest

from meta_graph import uploads
from meta_graph.errors import Broken, GraphError
from tests.meta_graph.conftest import BASE, CUSTOMER_TOKEN

APP = "670000000000001"
PLACE = "upload:MTphdHRhY2htZW50OjZjNDU3+/abc=="
SESSION = f"{PLACE}?sig=ARZx-_9yQ"


def upload(token) -> str:
    return uploads.upload(
        content=b"%PDF-1.4", mime_type="application/pdf", filename="sample.pdf", token=token
    )


def test_a_file_is_announced_and_then_sent_whole(graph, token):
    graph.post(f"{BASE}/{APP}/uploads", json={"id": SESSION})
    graph.post(f"{BASE}/{PLACE}", json={"h": "4::aW1h:ARb"})

    assert upload(token) == "4::aW1h:ARb"

    begun, sent = (call.request for call in graph.calls)
    assert {name: begun.params[name] for name in ("file_name", "file_length", "file_type")} == {
        "file_name": "sample.pdf",
        "file_length": "8",
        "file_type": "application/pdf",
    }
    assert begun.headers["Authorization"] == f"Bearer {CUSTOMER_TOKEN}"
    assert (sent.body, sent.headers["file_offset"]) == (b"%PDF-1.4", "0")
    assert sent.headers["Authorization"] == f"OAuth {CUSTOMER_TOKEN}"
    assert "Content-Type" not in sent.headers


def test_the_sessions_id_goes_back_unchanged_with_its_signature(graph, token):
    """Without it Meta answers that its check failed."""
    graph.post(f"{BASE}/{APP}/uploads", json={"id": SESSION})
    graph.post(f"{BASE}/{PLACE}", json={"h": "4::aW1h:ARb"})

    upload(token)

    assert f"/{SESSION}&appsecret_proof=" in graph.calls[1].request.url


@pytest.mark.parametrize(
    "session",
    ["", "77", "upload:", "upload:a/../../me", "upload:a b", "upload:a?sig=b#c", "upload:a@evil.example", 5],
)
def test_what_could_lead_elsewhere_is_no_session(graph, token, session):
    graph.post(f"{BASE}/{APP}/uploads", json={"id": session})

    with pytest.raises(GraphError) as caught:
        upload(token)

    assert (caught.value.call, caught.value.broken) == ("begin_upload", Broken.MALFORMED)


def test_an_answer_without_a_handle_is_a_failure(graph, token):
    graph.post(f"{BASE}/{APP}/uploads", json={"id": "upload:MTph"})
    graph.post(f"{BASE}/upload:MTph", json={"file_offset": 4})

    with pytest.raises(GraphError) as caught:
        upload(token)

    assert (caught.value.call, caught.value.broken) == ("upload_file", Broken.MALFORMED)
    assert CUSTOMER_TOKEN not in str(caught.value)
