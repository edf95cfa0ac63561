"""The app as the settings name it: id and secret at the sandbox; origins, configuration, version by form."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from backoffice.doctor.findings import Status
from backoffice.doctor.graph_versions import ENDS
from tests.backoffice.conftest import look


def test_a_wrong_app_secret_is_found_and_not_repeated(installed, settings):
    settings.META_APP_SECRET = "a-wrong-secret"

    finding = look("app")

    assert finding.status is Status.FAILED
    assert "190" in finding.message
    assert "App settings > Basic" in finding.remedy
    assert "a-wrong-secret" not in finding.message


def test_an_app_of_somebody_else_is_found(installed, settings):
    settings.META_APP_ID = "670000000000009"

    assert look("app").status is Status.FAILED


@pytest.mark.parametrize(("name", "value"), [("META_APP_ID", "my app"), ("META_BUSINESS_ID", "Acme")])
def test_what_cannot_be_an_id_is_not_asked_about(installed, settings, name, value):
    setattr(settings, name, value)

    finding = look({"META_APP_ID": "app", "META_BUSINESS_ID": "system_user"}[name])

    assert finding.message == f"{name} is not an id of Meta's: these are digits"
    assert installed.sandbox.calls() == []


@pytest.mark.parametrize("name", ["META_APP_ID", "META_APP_SECRET"])
def test_without_an_app_nothing_works(installed, settings, name):
    setattr(settings, name, "")

    assert look("app").message == f"not set: {name}. Nothing works without"
    assert look("app").status is Status.FAILED


@pytest.mark.parametrize(
    "given", ["", "my configuration", "78000000000000\uff11", "670000000000001", "100000000000001"]
)
def test_what_cannot_be_a_configuration_is_found(settings, given):
    settings.META_CONFIG_ID = given

    assert look("configuration_id").status is Status.FAILED


@pytest.mark.parametrize(
    "origin",
    [
        "https://www.facebook.com/",
        "https://www.facebook.com/dialog",
        "www.facebook.com",
        "https://*.facebook.com",
        "*",
        "http://www.facebook.com",
        "https://WWW.facebook.com",
        "https://user@www.facebook.com",
        "",
    ],
)
def test_an_origin_that_no_browser_names_so_is_found(settings, origin):
    settings.SANDBOX = False
    settings.META_MESSAGE_ORIGINS = ["https://web.facebook.com", origin]

    finding = look("message_origins")

    assert finding.status is Status.FAILED
    assert "web.facebook.com" not in finding.message


@pytest.mark.parametrize("origin", ["https://facebook.com.evil.example", "https://evilfacebook.com"])
def test_an_origin_that_is_not_metas_is_warned_of(settings, origin):
    settings.SANDBOX = False
    settings.META_MESSAGE_ORIGINS = ["https://www.facebook.com", origin]

    finding = look("message_origins")

    assert finding.status is Status.WARNING
    assert finding.message == f"not of facebook.com: {origin}"


def test_no_origin_at_all_is_found(settings):
    settings.META_MESSAGE_ORIGINS = []

    assert look("message_origins").status is Status.FAILED


@pytest.mark.parametrize(
    ("days", "status"),
    [(91, Status.OK), (90, Status.WARNING), (1, Status.WARNING), (0, Status.FAILED), (-1, Status.FAILED)],
)
def test_a_version_is_warned_of_ninety_days_before_its_end(settings, days, status):
    settings.META_GRAPH_VERSION = "v25.0"
    day = ENDS["v25.0"] - timedelta(days=days)

    with time_machine.travel(datetime(day.year, day.month, day.day, 12, tzinfo=UTC), tick=False):
        finding = look("graph_version")

    assert finding.status is status
    assert str(ENDS["v25.0"]) in finding.message


@pytest.mark.parametrize(
    ("version", "status"),
    [("v26.0", Status.OK), ("v27.0", Status.WARNING), ("v19.0", Status.FAILED), ("25.0", Status.FAILED)],
)
def test_versions_without_a_known_end(settings, version, status):
    settings.META_GRAPH_VERSION = version

    assert look("graph_version").status is status
