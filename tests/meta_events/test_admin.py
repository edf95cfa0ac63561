"""What support sees of Meta's words: found by any id, read in clear, handled again; nothing secret."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from meta_events.admin.documents import LONGEST, body_block
from meta_events.items import Verdict
from meta_events.models import Change, Notification, UserRequest
from tests.admin.conftest import act, staff, staff_user
from tests.meta_events.conftest import WABA_ID, fails
from tests.meta_events.world import body_of, change, entry, post, states, told, worked

__all__ = ["act", "staff", "staff_user"]
pytestmark = pytest.mark.django_db
MODELS = [Notification, Change, UserRequest]


def address(model, page="changelist", *args):
    return reverse(f"admin:meta_events_{model._meta.model_name}_{page}", args=args)


def shown(staff, row) -> str:
    page = staff.get(address(type(row), "change", row.pk))
    assert page.status_code == 200
    return str(page.content.decode())


def listed(staff, model, **query) -> list:
    page = staff.get(address(model), query)
    assert page.status_code == 200
    return list(page.context["cl"].result_list)


@pytest.fixture
def messages():
    """One message's status of a known and one of another account."""
    first = told(
        change("messages", event="m", metadata={"phone_number_id": "106540352242922"}, text="Café <b>"),
        entry_id=WABA_ID,
    )
    other = told(change("security", event="PIN_CHANGED"), entry_id="55")
    worked()
    return first, other


def test_changes_and_notifications_are_found_by_waba_phone_field_and_number(staff, messages):
    first, other = messages
    of_first, of_other = first.changes.get(), other.changes.get()

    for term in (WABA_ID, "106540352242922", "messages"):
        assert listed(staff, Change, q=term) == [of_first]
        assert listed(staff, Notification, q=term) == [first]
    assert listed(staff, Change, q="PIN_CHANGED") == [of_other]
    assert listed(staff, Change, q=str(other.pk)) == [of_other]


def test_lists_are_narrowed_by_state_and_field(staff, messages):
    told(change("messages"))

    assert len(listed(staff, Change, status="unknown")) == 1
    assert len(listed(staff, Change, status="failed")) == 1
    assert len(listed(staff, Change, field="messages")) == 1
    assert len(listed(staff, Notification, status="received")) == 1


def test_a_notification_shows_its_body_in_clear_and_what_became_of_each_change(staff, client):
    body = body_of(entry(change("messages", text="Café 😀", url="https://x.example/<b>"), entry_id=WABA_ID))
    assert b"\\u00e9" in body
    post(client, body)
    worked()

    page = shown(staff, Notification.objects.get())

    assert "Café 😀" in page
    assert "https://x.example/&lt;b&gt;" in page
    assert "\n  &quot;entry&quot;: [" in page
    assert WABA_ID in page
    assert ">unknown<" in page


def test_a_change_shows_its_own_value_alone(staff):
    told(change("messages", text="mine"), change("messages", text="of somebody else"))
    worked()

    page = shown(staff, Change.objects.earliest("pk"))

    assert "mine" in page
    assert "of somebody else" not in page


def test_an_element_of_a_list_is_shown_alone_and_found_by_its_list(staff):
    row = told(
        change("messages", messages=[{"id": "wamid.mine"}, {"id": "wamid.other"}], statuses=[{"id": "s"}])
    )
    worked()

    page = shown(staff, row.changes.earliest("pk"))

    assert "wamid.mine" in page
    assert "wamid.other" not in page
    assert "messages 0" in page
    assert len(listed(staff, Change, part="statuses")) == 1


def test_what_would_open_a_door_is_not_shown(staff):
    row = told(change("new_field", access_token="EAA-very-secret", deep=[{"pin": "482913"}], note="shown"))
    worked()

    for page in (shown(staff, row), shown(staff, row.changes.get())):
        assert "EAA-very-secret" not in page
        assert "482913" not in page
        assert "shown" in page


@pytest.mark.parametrize("body", [b"", b"no json", b"\x00\xff", b'{"a":"\\ud83d"}', b"[" * 5000])
def test_every_body_can_be_looked_at(staff, client, body):
    post(client, body)
    worked()

    shown(staff, Notification.objects.get())


def test_a_long_body_is_cut_and_says_so():
    block = body_block(b'{"text":"' + b"x" * (LONGEST + 100) + b'"}')

    assert len(block) < LONGEST + 500
    assert "characters more" in block


def test_a_malformed_change_leads_to_the_whole_body(staff):
    row = told("no change")
    worked()

    assert "The notification shows the whole body." in shown(staff, row.changes.get())


def test_a_failed_change_is_handled_again_from_the_first_try(staff, act, handling, seen):
    handling("broken", fails)
    row = told(change("broken")).changes
    worked()
    Change.objects.update(status="failed", due_at=None, attempts=5, error="KeyError")
    assert "KeyError" in shown(staff, row.get())
    handling("broken", lambda item: seen.append(item) or handled(item))

    act("process_again", row.get())
    assert (row.get().status, row.get().attempts, row.get().error) == ("waiting", 0, None)
    worked()

    assert states() == ["done"]
    assert len(seen) == 1


def handled(item):
    return Verdict.DONE


def test_one_that_a_worker_has_is_left_to_it(act, staff):
    told(change("seen"))
    worked()
    Change.objects.update(status="running", due_at="2099-01-01T00:00Z", lease_token="0" * 32)
    row = Change.objects.get()

    page = act("process_again", row)

    assert "A worker has it just now." in page.content.decode()
    assert Change.objects.get().status == "running"


def test_a_notification_is_taken_apart_again_and_what_was_not_done_is_tried_again(act, handling, seen):
    row = told(change("seen"), change("later"), change("seen", n=2))
    worked()
    assert states() == ["done", "unknown", "done"]
    Change.objects.filter(field="seen").latest("pk").delete()
    handling("later", handled)

    act("process_again", row)
    worked()

    assert sorted(states()) == ["done"] * 3
    assert len(seen) == 3


def test_a_notification_of_which_all_is_done_is_left_alone(act, seen):
    row = told(change("seen"))
    worked()

    page = act("process_again", row)

    assert "All of it is done." in page.content.decode()
    row.refresh_from_db()
    assert row.status == "split"


def test_an_unreadable_notification_can_be_tried_again(act, client):
    post(client, b"no json")
    worked()
    row = Notification.objects.get()

    act("process_again", row)
    row.refresh_from_db()
    assert (row.status, row.split_at, row.error) == ("received", None, None)
    worked()

    row.refresh_from_db()
    assert row.status == "unreadable"


def test_a_request_of_a_user_is_marked_as_done_once(staff, act):
    row = UserRequest.objects.create(
        kind="data_deletion", meta_user_id="218471", issued_at="2026-01-15T10:00Z", confirmation_code="c" * 20
    )
    assert "c" * 20 in shown(staff, row)
    assert listed(staff, UserRequest, q="218471") == [row]

    act("mark_done", row)

    row.refresh_from_db()
    assert (row.status, row.done_at is None) == ("done", False)
    assert "It is done already." in act("mark_done", row).content.decode()


@pytest.mark.parametrize("model", [Notification, Change])
def test_a_list_costs_the_same_queries_for_one_row_and_for_many_and_reads_no_body(staff, model):
    told(change("seen"))
    worked()
    staff.get(address(model))
    with CaptureQueriesContext(connection) as one:
        staff.get(address(model))

    for _ in range(20):
        told(change("seen"), change("seen", n=1))
    worked()
    with CaptureQueriesContext(connection) as many:
        staff.get(address(model))

    assert len(many) == len(one) <= 8
    assert not [query for query in many if '"body"' in query["sql"]]


def test_nobody_without_permission_looks_or_acts(client, django_user_model, messages):
    outsider = django_user_model.objects.create_user("outsider", is_staff=True)
    client.force_login(outsider)
    for model in MODELS:
        assert client.get(address(model)).status_code == 403
        assert Client().get(address(model)).status_code == 302

    outsider.user_permissions.set(Permission.objects.filter(codename="view_change"))
    page = client.get(address(Change, "change", messages[0].changes.get().pk))
    assert page.status_code == 200
    assert page.context["buttons"] == []


def test_nothing_of_it_can_be_edited(staff, messages):
    row = messages[0]

    assert staff.post(address(Notification, "change", row.pk), {"error": "x"}).status_code == 403
    assert staff.post(address(Change, "change", row.changes.get().pk), {"status": "done"}).status_code == 403
