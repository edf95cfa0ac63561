"""Sending: what Meta's answer tells, and what is known when there is none."""

from __future__ import annotations

import socket

import pytest

from meta_graph import messages
from meta_graph.errors import Action, Broken, Cause, GraphError
from tests.meta_graph.conftest import BASE
from tests.outbound.peers import Peer, answering, peer, resetting, silent

HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"
TEXT = {"to": "16315550123", "type": "text", "text": {"body": "Hello"}}


def send(token) -> messages.SentMessage:
    return messages.send(phone_number_id="22", body=TEXT, token=token)


def failure(token) -> GraphError:
    with pytest.raises(GraphError) as caught:
        send(token)
    return caught.value


def test_a_message_to_a_number_has_a_whatsapp_id(graph, token):
    answer = {
        "messaging_product": "whatsapp",
        "contacts": [{"input": "+1 631 555 0123", "wa_id": "16315550123"}],
        "messages": [{"id": "wamid.A", "message_status": "accepted"}],
    }
    graph.post(BASE + "/22/messages", json=answer)

    assert send(token) == messages.SentMessage("wamid.A", "16315550123", None, "accepted")


def test_a_message_to_a_user_id_has_the_user_id(graph, token):
    contact = {"input": "US.13491208655302741918", "user_id": "US.13491208655302741918"}
    graph.post(BASE + "/22/messages", json={"contacts": [contact], "messages": [{"id": "wamid.A"}]})

    assert send(token) == messages.SentMessage("wamid.A", None, "US.13491208655302741918", None)


@pytest.mark.parametrize("answer", [{}, {"messages": []}, {"messages": [{}]}, {"messages": "x"}])
def test_an_answer_without_the_messages_id_leaves_the_outcome_open(graph, token, answer):
    graph.post(BASE + "/22/messages", json=answer)

    error = failure(token)

    assert (error.code, error.broken, error.was_sent) == (None, Broken.MALFORMED, True)


def test_a_refusal_is_metas_no(graph, token):
    refusal = {"message": "Re-engagement message", "code": 131047, "error_data": {"details": "24 hours"}}
    graph.post(BASE + "/22/messages", status=400, json={"error": refusal})

    error = failure(token)

    assert (error.code, error.details, error.cause) == (131047, "24 hours", Cause.MESSAGE_REFUSED)
    assert (error.action, error.was_sent) == (Action.FAIL, True)


def test_what_nobody_accepted_was_not_sent(settings, token):
    with peer(silent) as serving:
        settings.META_GRAPH_URL = f"http://127.0.0.1:{serving.port}"

    error = failure(token)

    assert (error.broken, error.was_sent) == (Broken.UNREACHABLE, False)


def test_a_name_that_does_not_exist_was_not_sent_to(settings, token):
    settings.META_GRAPH_URL = "http://graph.invalid"

    assert failure(token).was_sent is False


@pytest.mark.parametrize(
    ("behave", "broken"),
    [
        pytest.param(silent, Broken.TIMEOUT, id="hangs"),
        pytest.param(resetting(b""), Broken.UNREACHABLE, id="reset"),
        pytest.param(answering(b""), Broken.UNREACHABLE, id="closed"),
        pytest.param(answering(HALF), Broken.UNREACHABLE, id="half"),
    ],
)
def test_what_got_no_answer_may_have_been_sent(settings, token, behave, broken):
    settings.META_REQUEST_TIMEOUT = 0.4
    with peer(behave) as serving:
        settings.META_GRAPH_URL = f"http://127.0.0.1:{serving.port}"

        error = failure(token)

    assert (error.broken, error.code, error.was_sent) == (broken, None, True)
    assert len(serving.heads) == 1


def closing_after_one(serving: Peer, sock: socket.socket) -> None:
    """Answers the first request of a kept-alive connection and hangs up on the second."""
    serving.read_request(sock)
    body = b'{"messages":[{"id":"wamid.A"}]}'
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    serving.read_request(sock)


def test_a_message_on_a_stale_connection_is_not_sent_twice(settings, token):
    with peer(closing_after_one) as serving:
        settings.META_GRAPH_URL = f"http://127.0.0.1:{serving.port}"
        send(token)

        error = failure(token)

    assert error.was_sent
    assert len(serving.heads) == 2
