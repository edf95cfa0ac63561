"""Numbers that stay on the WhatsApp Business app: never registered, their chats asked for once, in time."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from meta_graph.client import business_token
from meta_graph.errors import Cause, GraphError
from onboarding import pipeline, runner
from onboarding.models import Signup
from phones.coexistence import note_history_declined, request_syncs
from phones.models import CoexistenceSync, PhoneNumber
from phones.registration import CoexistenceError, Maker, Standing, register, standing
from tests.onboarding.conftest import Circle, EndUser, run_due

pytestmark = pytest.mark.django_db(transaction=True)
BOTH = ["smb_app_state_sync", "history"]


def asked(circle: Circle) -> list[str]:
    return [call["body"]["sync_type"] for call in circle.meta.sandbox.calls("smb_app_data")]


def outcomes() -> dict[str, str | None]:
    return dict(CoexistenceSync.objects.values_list("kind", "outcome"))


@pytest.mark.parametrize("order", ["sc", "c"])
def test_the_app_and_the_chats_come_along(circle: Circle, order: str) -> None:
    user = circle.signed_up("coexistence", order=order, mode="coexistence")
    run_due()

    link = circle.read(user.link_id)
    assert (link["status"], link["isPhoneRegistered"], link["nextAction"]) == ("completed", True, None)
    assert {name: user.step(name).status for name in ("register_phone", "sync_coexistence")} == {
        "register_phone": "skipped",
        "sync_coexistence": "done",
    }
    assert asked(circle) == BOTH
    assert outcomes() == {"smb_app_state_sync": "requested", "history": "requested"}
    phone = PhoneNumber.objects.get()
    assert phone.is_coexistence
    assert phone.onboarded_at == user.signup.exchanged_at
    assert all(row.request_id for row in CoexistenceSync.objects.all())


def test_the_finish_without_a_phone_id_takes_the_number_of_the_app(circle: Circle) -> None:
    made = circle.meta.sandbox.sign_up("coexistence")
    assert "phone_number_id" not in made["session"]["data"]
    plain = dict(circle.meta.sandbox.state.objects[made["phoneNumberId"]])
    plain |= {"is_on_biz_app": False, "display_phone_number": "+54 9 11 5555-0001"}
    del plain["kind"], plain["id"]
    circle.meta.sandbox.state.add("phone_number", **plain)
    user = EndUser(circle.make_link()["id"])
    user.bring(made)

    run_due()

    assert PhoneNumber.objects.get().meta_phone_number_id == made["phoneNumberId"]
    assert circle.read(user.link_id)["status"] == "completed"


def test_the_links_mode_starts_the_popup_so(circle: Circle) -> None:
    def extras(link: dict[str, Any]) -> str:
        return EndUser(link["id"]).client.get(f"/signup/{link['id']}").content.decode()

    assert "whatsapp_business_app_onboarding" in extras(circle.make_link(mode="coexistence"))
    assert "whatsapp_business_app_onboarding" not in extras(circle.make_link())


def test_a_new_number_on_a_link_for_coexistence_is_registered(circle: Circle) -> None:
    user, link = circle.completed("success", mode="coexistence")

    assert (link["status"], link["isPhoneRegistered"]) == ("completed", True)
    assert not PhoneNumber.objects.get().is_coexistence
    assert user.step("register_phone").status == "done"
    assert user.step("sync_coexistence").status == "skipped"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("lost", [0, 1])
def test_a_lost_answer_loses_no_sync_and_makes_none_twice(circle: Circle, lost: int, when: str) -> None:
    user = circle.signed_up("coexistence")
    circle.meta.sandbox.set_scenario(
        "reset_after_work", call="smb_app_data", match={"sync_type": BOTH[lost]}, times=1, when=when
    )
    run_due()
    assert user.step("sync_coexistence").status == "waiting"

    user.make_due()
    run_due()

    assert circle.read(user.link_id)["status"] == "completed"
    assert outcomes() == dict.fromkeys(BOTH, "requested")
    counts = [asked(circle).count(kind) for kind in BOTH]
    assert counts == ([2, 1] if lost == 0 else [1, 2])
    assert set(
        circle.meta.sandbox.state.objects[PhoneNumber.objects.get().meta_phone_number_id]["syncs"]
    ) == set(BOTH)


def test_a_process_that_died_in_a_sync_asks_again_and_takes_metas_word(circle: Circle) -> None:
    user, _ = circle.completed("coexistence")
    CoexistenceSync.objects.filter(kind="history").update(outcome=None, request_id=None)

    sync_again(user)

    assert outcomes() == dict.fromkeys(BOTH, "requested")
    assert asked(circle) == [*BOTH, "history"]


def test_a_known_success_is_not_asked_for_again(circle: Circle) -> None:
    made = circle.meta.sandbox.sign_up("coexistence")
    for signup in (made, circle.meta.sandbox.sign_up("coexistence", phone_number=made["phoneNumber"])):
        user = EndUser(circle.make_link()["id"])
        user.bring(signup)
        run_due()

    assert user.step("sync_coexistence").status == "done"
    assert asked(circle) == BOTH


def test_a_number_that_was_disconnected_is_synced_anew(circle: Circle) -> None:
    made = circle.meta.sandbox.sign_up("coexistence")
    user = EndUser(circle.make_link()["id"])
    user.bring(made)
    run_due()
    PhoneNumber.objects.update(disconnected_at=timezone.now())

    again = EndUser(circle.make_link()["id"])
    again.bring(circle.meta.sandbox.sign_up("coexistence", phone_number=made["phoneNumber"]))
    run_due()

    assert asked(circle) == [*BOTH, *BOTH]
    assert outcomes() == dict.fromkeys(BOTH, "requested")


def test_the_day_that_is_over_ends_in_a_new_connection(circle: Circle) -> None:
    user = circle.signed_up("coexistence")
    circle.meta.sandbox.set_scenario("sync_window_over")

    run_due()

    link = circle.read(user.link_id)
    assert link["status"] == "completed"
    assert (link["nextAction"]["actor"], link["nextAction"]["code"]) == ("end_user", "RECONNECT")
    assert outcomes()["smb_app_state_sync"] == "window_over"
    assert user.status()["nextAction"]["code"] == "RECONNECT"


def test_the_day_is_watched_while_meta_does_not_answer(circle: Circle) -> None:
    user = circle.signed_up("coexistence")
    circle.meta.sandbox.set_scenario("graph_down", call="smb_app_data")
    run_due()
    assert user.step("sync_coexistence").status == "waiting"

    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1)):
        user.make_due()
        run_due()

    assert user.step("sync_coexistence").status == "failed"
    assert circle.read(user.link_id)["nextAction"]["code"] == "RECONNECT"


def test_what_meta_took_up_before_the_day_was_over_counts(circle: Circle) -> None:
    user = circle.signed_up("coexistence")
    circle.meta.sandbox.set_scenario("reset_after_work", call="smb_app_data", times=2)
    for _ in range(2):
        run_due()
        user.make_due()

    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        user.make_due()
        run_due()

    assert user.step("sync_coexistence").status == "done"
    assert circle.read(user.link_id)["nextAction"] is None


def test_a_signup_after_the_day_was_over_syncs(circle: Circle) -> None:
    made = circle.meta.sandbox.sign_up("coexistence")
    user = EndUser(circle.make_link()["id"])
    circle.meta.sandbox.set_scenario("sync_window_over", target=made["phoneNumberId"])
    user.bring(made)
    run_due()
    circle.meta.sandbox.clear_scenarios()

    again = EndUser(circle.make_link()["id"])
    again.bring(circle.meta.sandbox.sign_up("coexistence", phone_number=made["phoneNumber"]))
    run_due()

    assert outcomes() == dict.fromkeys(BOTH, "requested")
    assert circle.read(again.link_id)["nextAction"] is None


@pytest.mark.parametrize("first", ["webhook", "answer"])
def test_a_declined_history_is_an_outcome_like_another(circle: Circle, first: str) -> None:
    user = circle.signed_up("coexistence")
    if first == "webhook":
        run_until(user, "sync_coexistence")
        note_history_declined(phone=PhoneNumber.objects.get(), at=timezone.now())
    run_due()
    if first == "answer":
        note_history_declined(phone=PhoneNumber.objects.get(), at=timezone.now())

    assert outcomes() == {"smb_app_state_sync": "requested", "history": "declined"}
    assert circle.read(user.link_id)["nextAction"] is None
    sync_again(user)
    assert outcomes()["history"] == "declined"


def test_metas_refusal_of_the_history_itself_is_declined_too(circle: Circle) -> None:
    user = circle.signed_up("coexistence")
    circle.meta.sandbox.set_scenario(
        "error", code=2593109, call="smb_app_data", match={"sync_type": "history"}
    )

    run_due()

    assert outcomes()["history"] == "declined"
    assert user.step("sync_coexistence").status == "done"


def test_a_number_of_the_app_is_registered_on_no_path(circle: Circle) -> None:
    user, link = circle.completed("coexistence")
    phone = PhoneNumber.objects.get()
    token = business_token(user.signup.token_value)

    answer = circle.api.post(f"phones/{link['phoneNumberId']}/register", {"pin": "123456"})
    with pytest.raises(CoexistenceError):
        register(phone=phone, pin="123456", made_by=Maker.PERSON, token=token)
    circle.api.post(f"onboarding-links/{user.link_id}/retry")
    run_due()

    assert standing(phone) is Standing.COEXISTENCE
    assert answer.status_code == 409
    assert circle.meta.sandbox.calls("register") == circle.meta.sandbox.calls("deregister") == []


def test_a_number_that_meta_moves_to_the_app_meanwhile_is_not_registered(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("error", code=2, call="register", times=1)
    run_due()
    phone = PhoneNumber.objects.get()
    circle.meta.change(phone.meta_phone_number_id, is_on_biz_app=True, platform_type="CLOUD_API")

    user.make_due()
    run_due()

    assert len(circle.meta.sandbox.calls("register")) == 1
    assert circle.meta.sandbox.calls("deregister") == []
    assert PhoneNumber.objects.get().is_coexistence


def test_other_refusals_of_a_sync_are_tried_again_as_any(circle: Circle) -> None:
    user, _ = circle.completed("coexistence")
    CoexistenceSync.objects.filter(kind="history").update(outcome=None)
    circle.meta.sandbox.set_scenario("error", code=80007, call="smb_app_data", times=1)

    with pytest.raises(GraphError) as refused:
        sync_again(user)

    assert refused.value.cause is Cause.RATE_LIMITED
    assert outcomes()["history"] == "RATE_LIMITED"


def sync_again(user: EndUser) -> None:
    phone = PhoneNumber.objects.get()
    request_syncs(
        phone=phone,
        token=business_token(Signup.objects.get(pk=user.signup_id).token_value),
        now=timezone.now(),
    )


def run_until(user: EndUser, step: str) -> None:
    """Runs what `step` needs, and no more."""
    wanted = {step}
    for one in reversed(pipeline.STEPS):
        if one.name in wanted:
            wanted |= set(one.after)
    for one in pipeline.STEPS:
        if one.name in wanted - {step}:
            runner.run_step(user.signup.pk, one.name)
