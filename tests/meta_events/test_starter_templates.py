"""Meta's decisions on starter templates reach the links that asked for them, and are told once."""

from typing import Any

import orjson
import pytest
from django.db import transaction
from django.utils import timezone

from meta_graph.templates import TemplateInfo
from onboarding.models import OnboardingLink
from onboarding.starter_templates.keeping import named, note_there
from onboarding.starter_templates.rows import asked, published
from tests.meta_events.conftest import WABA_ID
from tests.meta_events.world import change, states, told, worked
from wabas.models import Waba
from webhooks.models import Event

pytestmark = pytest.mark.django_db(transaction=True)
ID = "594425479261596"
MOMENT = 1_795_000_000


def made(waba: Waba, *names: str, **columns: Any) -> OnboardingLink:
    """A completed link, its templates named and none of them handed in."""
    link = OnboardingLink.objects.create(
        organization=waba.organization,
        name="Acme Corp",
        waba=waba,
        status="completed",
        completed_at=timezone.now(),
        starter_templates=asked(names or ("welcome",)),
        **columns,
    )
    named(link.pk)
    return link


def handed_in(link: OnboardingLink, template: str = "welcome", **said: Any) -> None:
    info = TemplateInfo(
        **{
            "id": ID,
            "name": "welcome_message",
            "status": "PENDING",
            "category": "MARKETING",
            "language": "en",
            "components": [],
            "rejected_reason": None,
            **said,
        }
    )
    assert link.waba is not None
    with transaction.atomic():
        note_there(link.pk, template, info, waba=link.waba, is_new=True)


def decided(event: str, at: int = MOMENT, **more: Any) -> None:
    value = {
        "message_template_id": int(ID),
        "message_template_name": "welcome_message",
        "message_template_language": "en",
        "reason": "NONE",
        "event": event,
    }
    told(change("message_template_status_update", **(value | more)), entry_id=WABA_ID, at=at)
    worked()


def row_of(link: OnboardingLink, template: str = "welcome") -> dict[str, Any]:
    link.refresh_from_db()
    return next(row for row in link.starter_templates if row["template"] == template)


def events() -> list[dict[str, Any]]:
    rows = Event.objects.filter(name="template.status_updated").order_by("id")
    return [orjson.loads(bytes(row.body))["data"] for row in rows]


@pytest.mark.parametrize(
    ("event", "reason", "shown"),
    [("APPROVED", "NONE", None), ("REJECTED", "INVALID_FORMAT", "INVALID_FORMAT"), ("PAUSED", None, None)],
)
def test_metas_word_is_on_the_link_and_an_event(
    waba: Waba, event: str, reason: str | None, shown: str | None
) -> None:
    link = made(waba, "welcome", "send_file")
    handed_in(link)

    decided(event, reason=reason)

    link.refresh_from_db()
    assert published(link.starter_templates) == [
        {
            "template": "welcome",
            "name": "welcome_message",
            "languageCode": "en",
            "status": event,
            "reason": shown,
        },
        {
            "template": "send_file",
            "name": "send_file",
            "languageCode": "en",
            "status": None,
            "reason": None,
        },
    ]
    assert [(one["templateName"], one["status"], one["reason"]) for one in events()] == [
        ("welcome_message", event, shown)
    ]


def test_an_older_word_changes_nothing_and_is_told_all_the_same(waba: Waba) -> None:
    link = made(waba)
    handed_in(link)

    decided("PAUSED", at=MOMENT + 10)
    decided("APPROVED", at=MOMENT)

    assert row_of(link)["status"] == "PAUSED"
    assert [one["status"] for one in events()] == ["PAUSED", "APPROVED"]


def test_all_links_of_the_account_that_share_it_are_told(waba: Waba) -> None:
    links = [made(waba), made(waba)]
    for link in links:
        handed_in(link)

    decided("APPROVED")

    assert [row_of(link)["status"] for link in links] == ["APPROVED", "APPROVED"]
    assert len(events()) == 1


def test_a_word_that_comes_before_the_answer_stays(waba: Waba) -> None:
    link = made(waba)

    decided("REJECTED", reason="INVALID_FORMAT")
    handed_in(link)

    row = row_of(link)
    assert (row["status"], row["reason"], row["metaTemplateId"]) == ("REJECTED", "INVALID_FORMAT", ID)


def test_another_template_of_that_name_is_not_the_links(waba: Waba) -> None:
    link = made(waba)
    handed_in(link)

    decided("REJECTED", message_template_id=77)
    decided("REJECTED", message_template_language="es", message_template_id=78)

    assert row_of(link)["status"] == "PENDING"
    assert len(events()) == 2


def test_what_the_answer_said_is_not_told_again_and_what_follows_is(waba: Waba) -> None:
    link = made(waba)
    handed_in(link, status="APPROVED")
    assert [one["status"] for one in events()] == ["APPROVED"]

    decided("APPROVED")
    decided("PAUSED", at=MOMENT + 1)
    decided("APPROVED", at=MOMENT + 2)

    assert [one["status"] for one in events()] == ["APPROVED", "PAUSED", "APPROVED"]
    assert row_of(link)["status"] == "APPROVED"


def test_links_of_other_accounts_are_left_alone(waba: Waba) -> None:
    link = made(Waba.objects.create(organization=waba.organization, meta_waba_id="11"))
    handed_in(link)

    decided("APPROVED")

    assert row_of(link)["status"] == "PENDING"


def test_a_change_of_category_changes_no_status(waba: Waba) -> None:
    link = made(waba)
    handed_in(link)

    value = {"message_template_id": int(ID), "message_template_name": "welcome_message"}
    told(change("template_category_update", **value, new_category="UTILITY"), entry_id=WABA_ID, at=MOMENT)
    worked()

    assert (states(), row_of(link)["status"], events()) == (["noted"], "PENDING", [])
