"""Starter templates in a link's story: handed in, decided on, and handed in again by staff."""

from datetime import timedelta

from onboarding.admin.template_entries import TITLES
from onboarding.models import OnboardingLink
from onboarding.starter_templates.rows import asked
from organizations.admin.cells import Tone
from tests.admin.test_pages import address
from tests.admin.test_timeline import NOW, link_of, told
from tests.onboarding.conftest import EndUser, make_link, run_due

__all__ = ["make_link"]


def test_starter_templates_are_told_with_metas_word_and_its_time():
    asked_for = asked(("start_conversation", "welcome", "send_file"))
    asked_for[0] |= {
        "name": "start_conversation", "languageCode": "he", "metaTemplateId": "77", "status": "REJECTED",
        "reason": "INVALID_FORMAT", "decidedAt": "2026-01-15T10:31:00.000Z",
    }  # fmt: skip
    asked_for[1] |= {
        "name": "welcome_message",
        "languageCode": "he",
        "metaTemplateId": "78",
        "status": "PENDING",
    }
    asked_for[2] |= {"name": "send_file", "languageCode": "he", "reason": "Meta does not answer."}
    chapters = told(link_of(starter_templates=asked_for, status="completed", completed_at=NOW))

    refused, waiting, failed = chapters[-1].entries
    assert (refused.tone, refused.word, refused.at) == (Tone.BAD, "rejected", NOW + timedelta(minutes=1))
    assert dict(refused.facts) == {
        "name": "start_conversation", "language": "he", "Meta's id": "77", "Meta's reason": "INVALID_FORMAT",
    }  # fmt: skip
    assert (waiting.tone, waiting.word, waiting.at) == (Tone.BUSY, "pending", None)
    assert (failed.tone, failed.word, failed.said) == (Tone.BAD, "not handed in", "Meta does not answer.")


def test_templates_of_a_link_that_is_not_completed_are_no_part_of_its_story():
    assert len(told(link_of(starter_templates=asked(("welcome",))))) == 1


def test_staff_have_templates_handed_in_that_meta_refused(api, make_link, meta, staff, act):
    link = make_link(starterTemplates=["welcome"])
    meta.sandbox.set_scenario("error", code=131009, call="create_template")
    EndUser(link["id"]).bring(meta.sandbox.sign_up())
    run_due()
    page = staff.get(address(OnboardingLink, "change", link["id"]))
    (failed,) = [one for one in page.context["chapters"][-1].entries if one.title in TITLES.values()]
    meta.sandbox.clear_scenarios()

    answer = act("retry", OnboardingLink.objects.get())
    run_due()

    assert failed.word == "not handed in"
    assert [str(message) for message in answer.context["messages"]] == ["Retry: done for Acme Corp."]
    assert OnboardingLink.objects.get().starter_templates[0]["status"] == "PENDING"
