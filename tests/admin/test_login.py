"""The admin's login: what is tried too often is refused, whatever it is, and the session is a new one."""

from typing import Any

import pytest
import structlog
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from api import throttling

LOGIN = "/admin/login/?next=/admin/"
SECRET = "a-long-password-of-staff"


@pytest.fixture(autouse=True)
def _nothing_tried_yet() -> None:
    """Redis remembers what the test before tried."""
    counter = throttling.counter()
    if isinstance(counter, throttling.RedisCounter):
        for key in counter.client.scan_iter("gangway:rate:login-*"):
            counter.client.delete(key)


@pytest.fixture
def sandra(settings: Any, db: None) -> User:
    settings.STAFF_LOGIN_ATTEMPTS_PER_NAME, settings.STAFF_LOGIN_ATTEMPTS_PER_ADDRESS = 3, 5
    return User.objects.create_superuser("sandra", password=SECRET)


def tried(name: str, password: str, address: str = "203.0.113.1", client: Client | None = None) -> Any:
    return (client or Client()).post(LOGIN, {"username": name, "password": password}, REMOTE_ADDR=address)


def test_a_name_that_is_tried_too_often_is_refused_even_with_the_right_password(sandra):
    for _ in range(3):
        answer = tried("sandra", "wrong")
        assert "Please enter the correct username and password" in answer.content.decode()

    answer = tried("Sandra", SECRET)
    same = tried("sandra", SECRET)

    assert (answer.status_code, same.status_code) == (200, 200)
    assert "Too many attempts. Wait " in same.content.decode()
    assert "sessionid" not in same.cookies


def test_a_stranger_keeps_nobody_out_but_by_a_crowd_of_addresses(sandra):
    for _ in range(4):
        tried("sandra", "wrong", "198.51.100.66")
    assert tried("sandra", SECRET, "203.0.113.7").status_code == 302

    for place in range(26):
        tried("sandra", "wrong", f"198.51.100.{place}")

    assert "Too many attempts" in tried("sandra", SECRET, "203.0.113.8").content.decode()


def test_all_addresses_of_an_ipv6_network_are_one(sandra):
    for place in range(3):
        tried("sandra", "wrong", f"2001:db8:1:2::{place}")

    same, other = (tried("sandra", SECRET, f"2001:db8:1:{network}::99") for network in (2, 3))

    assert "Too many attempts" in same.content.decode()
    assert other.status_code == 302


def test_a_name_that_is_nobodys_is_refused_in_the_same_words(sandra):
    for _ in range(3):
        tried("sandra", "wrong", "203.0.113.1")
        tried("nobody", "wrong", "203.0.113.2")

    of_sandra, of_nobody = tried("sandra", "wrong", "203.0.113.1"), tried("nobody", "wrong", "203.0.113.2")

    assert of_sandra.context["form"].non_field_errors() == of_nobody.context["form"].non_field_errors()


def test_a_stranger_at_one_address_keeps_nobody_out_however_often_he_tries(sandra, settings):
    settings.STAFF_LOGIN_ATTEMPTS_PER_ADDRESS = 1000
    for _ in range(3 * 10 + 1):
        refused = tried("sandra", "wrong", "198.51.100.66")
    assert "Too many attempts" in refused.content.decode()

    answer = tried("sandra", SECRET, "203.0.113.7")

    assert (answer.status_code, answer["Location"]) == (302, "/admin/")


def test_an_ipv4_address_written_as_ipv6_is_the_same_address(sandra):
    for _ in range(3):
        tried("sandra", "wrong", "::ffff:203.0.113.1")

    same, another = tried("sandra", SECRET, "203.0.113.1"), tried("sandra", SECRET, "::ffff:203.0.113.2")

    assert "Too many attempts" in same.content.decode()
    assert another.status_code == 302


def test_an_address_that_tries_many_names_is_refused(sandra):
    for place in range(5):
        tried(f"name-{place}", "wrong")

    refused, from_elsewhere = tried("sandra", SECRET), tried("sandra", SECRET, "203.0.113.2")

    assert "Too many attempts" in refused.content.decode()
    assert (from_elsewhere.status_code, from_elsewhere["Location"]) == (302, "/admin/")


def test_each_attempt_is_in_the_log_without_what_was_entered(sandra):
    with structlog.testing.capture_logs() as lines:
        tried("sandra", "wrong")
        tried("hunter2", "wrong")
        for _ in range(3):
            tried("sandra", SECRET)

    logins = [line for line in lines if line["event"] == "login of staff"]
    assert [(line["outcome"], line["user"], line["log_level"]) for line in logins] == [
        ("failed", sandra.pk, "warning"),
        ("failed", None, "warning"),
        ("succeeded", sandra.pk, "info"),
        ("succeeded", sandra.pk, "info"),
        ("refused", sandra.pk, "warning"),
    ]
    assert {line["address"] for line in logins} == {"203.0.113.1"}
    assert "hunter2" not in str(lines)
    assert SECRET not in str(lines)


def test_a_login_without_a_password_is_in_the_log_as_failed(sandra):
    with structlog.testing.capture_logs() as lines:
        tried("sandra", "")

    assert [line["outcome"] for line in lines if line["event"] == "login of staff"] == ["failed"]


def test_a_login_begins_a_new_session_of_twelve_hours(sandra):
    client = Client()
    session = client.session
    session["planted"] = "yes"
    session.save()
    before = session.session_key

    tried("sandra", SECRET, client=client)

    cookie = client.cookies["sessionid"]
    assert client.session.session_key != before
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (12 * 3600, True, "Lax")
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("weak", ["short-pass1", "password12345", "935183641027", "sandra@workplace"])
def test_a_weak_password_is_not_taken(sandra, weak):
    sandra.email = "sandra@workplace.example"

    with pytest.raises(ValidationError):
        validate_password(weak, sandra)
