"""What is sent of messages and contacts is what the catalogue says of it."""

import jsonschema_rs
import pytest

from tests.inbox.world import BSUID, message, receive, receive_status, sent_message, status
from tests.phones.world import told
from webhooks.catalogue import DATA, EXAMPLES

pytestmark = pytest.mark.django_db
NAMES = ("message.received", "message.sent", "message.status_updated", "contact.updated")


def test_every_event_has_the_keys_of_its_example_in_its_order_and_fits_its_schema(phone):
    image = {"id": "1", "mime_type": "image/png"}
    receive(phone, message())
    receive(phone, message("image", image, number=2, context={"id": "wamid.1", "forwarded": True}))
    row = sent_message(phone, status="pending", wamid=None)
    errors = [{"code": 131026, "title": "Undeliverable"}]
    receive_status(phone, status("failed", biz_opaque_callback_data=str(row.pk), errors=errors))
    receive(phone, message(number=3) | {"from_parent_user_id": "AR.ENT.1"})

    sent = told()

    assert {name for name, _ in sent} == set(NAMES)
    for name, data in sent:
        assert list(data) == list(EXAMPLES[name])
        validator = jsonschema_rs.Draft202012Validator(DATA[name], validate_formats=True)
        assert [error.message for error in validator.iter_errors(data)] == []
    assert sent[0][1]["contactIdentifier"] == BSUID
