"""The one door: what it reads from an answer, what it never lets out."""

from __future__ import annotations

import socket
import traceback

import pytest

from meta_graph import oauth, phone_numbers, wabas
from meta_graph.client import app_token, business_token, system_token
from meta_graph.errors import Action, Broken, Cause, GraphError
from tests.meta_graph.conftest import BASE, CODE, CUSTOMER_TOKEN, PIN, SECRETS
from tests.outbound.peers import Peer, answering, dripping, peer, silent

APP_LIMIT = {"X-App-Usage": '{"call_count":100,"total_time":25,"total_cputime":25}'}
WABA_LIMIT = {
    "X-Business-Use-Case-Usage": '{"11":[{"type":"whatsapp","call_count":100,'
    '"estimated_time_to_regain_access":7},{"type":"other","estimated_time_to_regain_access":3}]}'
}


def refusal(code: int, **facts) -> dict:
    return {"error": {"message": "No", "type": "OAuthException", "code": code, "fbtrace_id": "AbC1", **facts}}


def failure_of_waba(token) -> GraphError:
    with pytest.raises(GraphError) as caught:
        wabas.read_waba(waba_id="11", token=token)
    return caught.value


def test_an_error_carries_all_that_meta_says(graph, token):
    data = {"messaging_product": "whatsapp", "details": "Cloud API message throughput has been reached."}
    body = refusal(130429, error_subcode=2494055, error_data=data, is_transient=False)
    graph.get(BASE + "/11", status=400, json=body)

    error = failure_of_waba(token)

    assert (error.call, error.kind, error.code, error.subcode) == ("read_waba", "BIZ", 130429, 2494055)
    assert (error.message, error.details) == ("No", data["details"])
    assert (error.fbtrace_id, error.http_status, error.is_transient) == ("AbC1", 400, False)


def test_codes_that_meta_writes_as_text_are_numbers_too(graph, token):
    graph.get(BASE + "/11", status=400, json=refusal("190", error_subcode="460"))  # type: ignore[arg-type]

    assert failure_of_waba(token).cause is Cause.TOKEN_INVALID


def test_an_error_under_200_is_an_error(graph, token):
    graph.get(BASE + "/11", status=200, json=refusal(190))

    assert failure_of_waba(token).code == 190


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [(WABA_LIMIT, 420), (APP_LIMIT, 60), ({"Retry-After": "90"}, 90), ({}, 60), ({"X-App-Usage": "{"}, 60)],
)
def test_a_rate_limit_waits_as_long_as_the_headers_say(graph, token, headers, seconds):
    graph.get(BASE + "/11", status=400, json=refusal(80008), headers=headers)

    error = failure_of_waba(token)

    assert (error.action, error.cause, error.retry_after) == (Action.RETRY, Cause.RATE_LIMITED, seconds)


def test_a_budget_near_its_end_is_said_to_operators(graph, token, caplog):
    graph.get(BASE + "/11", json={"id": "11"}, headers={"X-App-Usage": '{"call_count":81}'})

    wabas.read_waba(waba_id="11", token=token)

    assert "graph_budget_near_its_end" in caplog.text


@pytest.mark.parametrize("usage", ["[]", "null", '{"11": 5}', '{"11": [5]}', '{"11":[{"call_count":"x"}]}'])
def test_headers_of_another_shape_harm_nobody(graph, token, usage):
    graph.get(
        BASE + "/11", json={"id": "11"}, headers={"X-Business-Use-Case-Usage": usage, "X-App-Usage": usage}
    )

    assert wabas.read_waba(waba_id="11", token=token).id == "11"


@pytest.mark.parametrize("body", ["", "<html>Sorry</html>", "[]", "null", '"x"', "{", "\xff"])
@pytest.mark.parametrize(
    ("status", "cause"), [(200, Cause.UNKNOWN), (404, Cause.UNKNOWN), (503, Cause.TEMPORARY)]
)
def test_what_is_no_json_object_is_tried_again(graph, token, body, status, cause):
    graph.get(BASE + "/11", status=status, body=body)

    error = failure_of_waba(token)

    assert (error.action, error.cause, error.code) == (Action.RETRY, cause, None)


def test_a_redirect_is_not_followed(graph, token):
    graph.get(BASE + "/11", status=302, headers={"Location": "https://elsewhere.example.com/"})

    failure_of_waba(token)

    assert len(graph.calls) == 1


@pytest.mark.parametrize(
    "fails",
    [
        lambda: oauth.exchange_code(code=CODE),
        lambda: oauth.debug_token(token_value=CUSTOMER_TOKEN),
        lambda: phone_numbers.register(phone_number_id="22", pin=PIN, token=business_token(CUSTOMER_TOKEN)),
        lambda: phone_numbers.verify_code(
            phone_number_id="22", code=CODE, token=business_token(CUSTOMER_TOKEN)
        ),
        lambda: wabas.read_waba(waba_id="22", token=system_token()),
    ],
)
@pytest.mark.parametrize("status", [400, 200])
def test_no_secret_is_in_an_error_or_a_log(graph, caplog, fails, status):
    caplog.set_level("DEBUG")
    echo = "Malformed: " + " ".join(SECRETS)
    body = refusal(190, message=echo, error_user_msg=echo, error_data={"details": echo})
    for method, path in (
        ("GET", "/oauth/access_token"),
        ("GET", "/debug_token"),
        ("POST", "/22/register"),
        ("POST", "/22/verify_code"),
        ("GET", "/22"),
    ):
        graph.add(method, BASE + path, status=status, json=body)
    graph.assert_all_requests_are_fired = False

    with pytest.raises(GraphError) as caught:
        fails()

    used = [secret for secret in SECRETS if secret in _sent(graph.calls[0].request)]
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caplog.text
    assert used
    assert "graph_call" in caplog.text
    assert not [secret for secret in used if secret in shown]


def _sent(request) -> str:
    return f"{request.url} {request.headers} {request.body!r}"


def test_a_token_shows_its_kind_and_not_its_value():
    for token in (business_token(CUSTOMER_TOKEN), system_token(), app_token()):
        assert token.value not in repr(token) + str(token)
        assert token.kind in repr(token)
    assert "EAA" not in repr(oauth.AccessToken("EAAnew", None))


def test_a_call_is_one_line_of_the_log(graph, token, caplog):
    graph.get(BASE + "/11", status=400, json=refusal(190, error_subcode=460))

    failure_of_waba(token)

    line = caplog.records[-1].msg
    assert isinstance(line, dict)
    facts = {key: line[key] for key in ("event", "call", "status", "code", "subcode", "fbtrace_id")}
    assert facts == {
        "event": "graph_call",
        "call": "read_waba",
        "status": 400,
        "code": 190,
        "subcode": 460,
        "fbtrace_id": "AbC1",
    }
    assert isinstance(line["ms"], int)


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(silent, id="silent"),
        pytest.param(dripping(b"HTTP/1.1 200 OK\r\nX: ", b"x"), id="headers"),
        pytest.param(dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b" "), id="body"),
    ],
)
def test_a_call_ends_at_its_deadline_whatever_graph_does(settings, token, behave):
    settings.META_REQUEST_TIMEOUT = 0.5
    with peer(behave) as serving:
        settings.META_GRAPH_URL = f"http://127.0.0.1:{serving.port}"

        error = failure_of_waba(token)

    assert (error.broken, error.action, error.cause) == (Broken.TIMEOUT, Action.RETRY, Cause.TIMEOUT)


def test_a_graph_that_is_not_there_is_unreachable(settings, token):
    with peer(silent) as serving:
        settings.META_GRAPH_URL = f"http://127.0.0.1:{serving.port}"

    error = failure_of_waba(token)

    assert (error.broken, error.action, error.cause) == (Broken.UNREACHABLE, Action.RETRY, Cause.UNREACHABLE)


def test_a_lost_exchange_asks_for_a_new_sign_in(settings):
    with peer(answering(b"")) as serving:
        settings.META_GRAPH_URL = f"http://127.0.0.1:{serving.port}"
        with pytest.raises(GraphError) as caught:
            oauth.exchange_code(code=CODE)

    assert (caught.value.action, caught.value.cause) == (Action.LOGIN, Cause.UNKNOWN_OUTCOME)
    assert len(serving.heads) == 1


def answering_first_requests_only(serving: Peer, sock: socket.socket) -> None:
    """Answers the first request of a kept-alive connection and hangs up on the second."""
    serving.read_request(sock)
    sock.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"id":11}')
    serving.read_request(sock)


def test_a_read_on_a_stale_connection_is_sent_again(settings, token):
    with peer(answering_first_requests_only) as serving:
        settings.META_GRAPH_URL = f"http://127.0.0.1:{serving.port}"

        found = [wabas.read_waba(waba_id="11", token=token).id for _ in range(2)]

    assert found == ["11", "11"]
    assert len(serving.heads) == 3


@pytest.mark.parametrize(
    "act",
    [
        lambda token: phone_numbers.register(phone_number_id="22", pin=PIN, token=token),
        lambda token: oauth.exchange_code(code=CODE),
    ],
    ids=["register", "exchange"],
)
def test_what_may_have_been_done_is_not_sent_again(settings, token, act):
    with peer(answering_first_requests_only) as serving:
        settings.META_GRAPH_URL = f"http://127.0.0.1:{serving.port}"
        wabas.read_waba(waba_id="11", token=token)

        with pytest.raises(GraphError):
            act(token)

    assert len(serving.heads) == 2
