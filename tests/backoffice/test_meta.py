"""Graph and the app's subscription: the sandbox over real HTTP, right, and wrong in one thing at a time."""

import pytest

from backoffice.doctor.findings import Status
from backoffice.doctor.subscription import NEEDED, WANTED
from meta_graph.sandbox.dashboard import FIELDS
from tests.backoffice.conftest import look
from tests.wabas.world import Meta

AT_META = (
    "graph",
    "graph_version",
    "message_origins",
    "app",
    "configuration_id",
    "system_token",
    "system_user",
    "credit_line",
    "webhook_subscription",
    "webhook_fields",
)


@pytest.mark.parametrize("name", AT_META)
def test_all_is_well_where_everything_is_set_up(installed: Meta, name):
    assert look(name).status is Status.OK


def test_a_graph_that_is_not_there_is_found(installed):
    installed.sandbox.stop()

    assert look("graph").status is Status.FAILED
    assert look("app").message.startswith("Meta did not answer: connect_refused")


def test_bad_weather_at_meta_is_not_called_a_mistake_of_ours(installed):
    installed.sandbox.set_scenario("graph_down", call="get_app", times=1)

    finding = look("app")

    assert finding.status is Status.WARNING
    assert finding.remedy == "Run the doctor again in a while."


def test_the_fake_meta_in_production_is_warned_of(installed, settings):
    settings.DEBUG = False

    assert look("graph").status is Status.WARNING


def test_another_graph_than_metas_is_warned_of(installed, settings):
    settings.SANDBOX = False

    assert "it is not Meta" in look("graph").message


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"callback_url": None}, "the app is not subscribed to whatsapp_business_account"),
        ({"callback_url": "https://old.example.com/webhook/meta"}, "Meta sends to https://old.example.com"),
        ({"is_active": False}, "the subscription is switched off"),
    ],
)
def test_a_subscription_that_does_not_reach_us_is_found(installed, settings, changes, words):
    installed.change(settings.META_APP_ID, **changes)

    finding = look("webhook_subscription")

    assert finding.status is Status.FAILED
    assert finding.message.startswith(words)


@pytest.mark.parametrize("field", [*NEEDED, *(field for fields in WANTED.values() for field in fields)])
def test_each_field_that_is_missing_is_named(installed, settings, field):
    installed.change(settings.META_APP_ID, fields=[one for one in FIELDS if one != field])

    finding = look("webhook_fields")

    assert finding.status is (Status.FAILED if field in NEEDED else Status.WARNING)
    assert field in finding.message
    assert sum(one in finding.message for one in FIELDS if one not in (field, "messages", "security")) == 0


def test_without_a_subscription_there_are_no_fields_to_look_at(installed, settings):
    installed.change(settings.META_APP_ID, callback_url=None)

    assert look("webhook_fields").status is Status.NOT_CHECKED


def test_nothing_is_changed_at_meta(installed):
    for name in AT_META:
        look(name)

    assert {call["method"] for call in installed.sandbox.calls()} == {"GET"}
