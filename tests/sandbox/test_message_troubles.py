"""What goes wrong with messages: limits, refusals, failures, statuses in every order, lost answers."""

from __future__ import annotations

import time

import pytest
import requests

from tests.sandbox.conftest import error_of
from tests.sandbox.messaging import ANA, Number, connected


@pytest.fixture
def number(sandbox, graph, told) -> Number:
    sandbox.messaging(every_ms=1)
    return connected(sandbox, graph)


def statuses(told, count: int) -> list[str]:
    return [value["statuses"][0]["status"] for value in told.values(count)]


def settled(told) -> None:
    """All that was still to come has come."""
    time.sleep(0.3)


def test_the_window_is_open_for_a_day_after_the_person_wrote(number, sandbox, clock):
    sandbox.messaging(window="refuse")

    before = error_of(number.send())[0]
    sandbox.write(number.id)
    clock.now += 86_399
    within = number.send().status_code
    clock.now += 1

    assert (before, within, error_of(number.send())[0]) == (131047, 200, 131047)
    assert "24 hours" in number.send().json()["error"]["error_data"]["details"]


def test_a_closed_window_may_be_told_by_a_status(number, sandbox, told):
    sandbox.messaging(window="fail")

    assert number.send().status_code == 200
    assert statuses(told, 2) == ["sent", "failed"]
    assert told.values(2)[1]["statuses"][0]["errors"][0]["code"] == 131047


def test_forty_five_messages_to_one_person_go_ahead_then_one_each_six_seconds(number, sandbox, clock):
    sandbox.messaging(pair=True, statuses=[])

    burst = [number.send().status_code for _ in range(46)]
    other = number.send(to="16315550199").status_code
    clock.now += 6
    after = [number.send().status_code for _ in range(2)]

    assert burst == [200] * 45 + [400]
    assert (other, after) == (200, [200, 400])
    assert error_of(number.send())[0] == 131056


def test_so_many_messages_a_second_are_taken(number, sandbox, clock):
    sandbox.messaging(throughput=3, statuses=[])

    answers = [number.send(to=f"1631555010{last}").status_code for last in range(4)]
    clock.now += 1

    assert answers == [200, 200, 200, 400]
    assert number.send().status_code == 200


def test_a_refused_message_counts_nowhere(number, sandbox):
    sandbox.messaging(throughput=1, statuses=[])

    number.send(type_="text", preview_url=True)

    assert number.send().status_code == 200
    assert error_of(number.send())[0] == 130429


@pytest.mark.parametrize("code", [131026, 131047, 130429, 131056, 131049, 132001])
def test_a_code_can_be_metas_no(number, sandbox, code):
    sandbox.set_scenario("message_refused", code=code, times=1)

    refused = number.send()

    assert (refused.status_code, error_of(refused)[0]) == (400, code)
    assert number.send().status_code == 200


def test_a_message_can_fail_later(number, sandbox, told):
    sandbox.set_scenario("message_failed", code=131049, match={"to": ANA})

    number.send()

    error = told.values(2)[1]["statuses"][0]["errors"][0]
    assert statuses(told, 2) == ["sent", "failed"]
    assert (error["code"], bool(error["title"]), bool(error["error_data"]["details"])) == (131049, True, True)


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("statuses", {"statuses": ["delivered"]}, ["delivered"]),
        ("statuses", {"statuses": ["sent", "delivered", "played"]}, ["sent", "delivered", "played"]),
        ("statuses", {"statuses": []}, []),
        ("statuses_out_of_order", {}, ["read", "delivered", "sent"]),
        ("statuses_twice", {}, ["sent", "sent", "delivered", "delivered", "read", "read"]),
    ],
)
def test_statuses_come_as_the_scenario_says(number, sandbox, told, name, options, expected):
    sandbox.set_scenario(name, **options)

    number.send()
    settled(told)

    assert statuses(told, len(expected)) == expected


def test_statuses_can_come_before_the_answer(number, sandbox, told):
    sandbox.messaging(every_ms=5000)
    sandbox.set_scenario("statuses_first")

    number.send()

    assert len(told.received) == 3
    assert statuses(told, 3) == ["sent", "delivered", "read"]


def test_the_answer_can_be_held_back_after_the_work(number, sandbox, told):
    sandbox.set_scenario("hang", seconds=0.5)

    answer = number.send()

    assert answer.elapsed.total_seconds() >= 0.5
    assert len(told.received) == 3


@pytest.mark.parametrize(
    ("name", "options", "is_sent"),
    [("reset_after_work", {}, True), ("graph_down", {"how": "reset"}, False)],
)
def test_a_connection_can_be_cut_before_the_answer(number, sandbox, told, name, options, is_sent):
    sandbox.set_scenario(name, call="send_message", times=1, **options)

    with pytest.raises(requests.ConnectionError):
        number.send()
    settled(told)

    assert len(sandbox.chat(number.id)) == len(told.received) / 3 == is_sent
    assert [call["status"] for call in sandbox.calls("send_message")] == [0]


def test_an_error_of_metas_can_be_any(number, sandbox):
    sandbox.set_scenario("error", call="send_message", code=131016, times=1)

    assert (number.send().status_code, number.send().status_code) == (500, 200)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ("9000001", ["sent"]),
        ("9000002", ["sent", "delivered"]),
        ("9000003", ["read", "delivered", "sent"]),
        ("9000004", ["sent", "sent", "delivered", "delivered", "read", "read"]),
        ("9000005", ["sent", "delivered", "read"]),
        ("9000006", []),
        ("1131026", ["sent", "failed"]),
    ],
)
def test_a_recipients_number_chooses_what_becomes_of_it(number, told, last, expected):
    assert number.send(to=f"1555{last}").status_code == 200
    settled(told)

    assert statuses(told, len(expected)) == expected


@pytest.mark.parametrize(("last", "code"), [("0131047", 131047), ("0130429", 130429), ("9000008", 2)])
def test_a_recipients_number_chooses_a_refusal(number, last, code):
    assert error_of(number.send(to=f"1555{last}"))[0] == code


@pytest.mark.parametrize(("last", "is_sent"), [("9000009", True), ("9000010", False)])
def test_a_recipients_number_chooses_a_lost_answer(number, sandbox, last, is_sent):
    with pytest.raises(requests.ConnectionError):
        number.send(to=f"1555{last}")

    assert len(sandbox.chat(number.id)) == is_sent


def test_habits_are_shown_changed_and_checked(sandbox):
    url = f"{sandbox.url}/_sandbox/messaging"

    changed = requests.post(url, json={"window": "refuse", "everyMs": 5}, timeout=10).json()
    refused = [
        requests.post(url, json=wrong, timeout=10).status_code
        for wrong in ({"windows": "x"}, {"window": "x"}, {"statuses": ["eaten"]})
    ]

    assert (changed["window"], changed["everyMs"], changed["pair"]) == ("refuse", 5, False)
    assert requests.get(url, timeout=10).json() == changed
    assert refused == [400, 400, 400]
