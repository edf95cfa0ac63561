"""A callback of each number's own, where the deployment wants that: never required."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from phones.models import PhoneNumber
from tests.onboarding.conftest import Circle

pytestmark = pytest.mark.django_db(transaction=True)


class Handshake(BaseHTTPRequestHandler):
    """What our own callback answers to Meta's GET."""

    def do_GET(self) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        is_ours = query.get("hub.verify_token") == "the-verify-token"
        self.server.asked.append(urlsplit(self.path).path)  # type: ignore[attr-defined]
        self.send_response(200 if is_ours else 403)
        self.end_headers()
        self.wfile.write(query["hub.challenge"].encode() if is_ours else b"")

    def log_message(self, *args: Any) -> None:
        """Silent."""


@pytest.fixture
def callback(settings: Any) -> Iterator[list[str]]:
    """The paths that Meta called; the product's public address is this server's."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handshake) as server:
        server.asked = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        settings.META_WEBHOOK_OVERRIDE = True
        settings.META_WEBHOOK_VERIFY_TOKEN = "the-verify-token"
        settings.PUBLIC_BASE_URL = f"http://127.0.0.1:{server.server_port}"
        yield server.asked  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


def test_each_number_gets_a_callback_of_its_own(circle: Circle, callback: list[str], settings: Any) -> None:
    user, link = circle.completed()

    path = f"/webhook/phone/{link['phoneNumberId']}"
    node = circle.meta.sandbox.state.objects[PhoneNumber.objects.get().meta_phone_number_id]
    assert callback == [path]
    assert node["override_callback_uri"] == f"{settings.PUBLIC_BASE_URL}{path}"
    assert user.step("override_callback").status == "done"


def test_a_callback_that_meta_does_not_take_is_a_warning_on_the_step(
    circle: Circle, callback: list[str], settings: Any
) -> None:
    settings.META_WEBHOOK_VERIFY_TOKEN = "another"

    user, link = circle.completed()

    step = next(one for one in link["progress"] if one["step"] == "override_callback")
    assert (link["status"], link["isPhoneRegistered"], link["nextAction"]) == ("completed", True, None)
    assert (step["status"], step["attempts"], step["error"]["code"]) == ("failed", 1, "OVERRIDE_FAILED")
    settings.META_WEBHOOK_VERIFY_TOKEN = "the-verify-token"
    assert circle.api.post(f"onboarding-links/{user.link_id}/retry").status_code == 202


def test_without_the_setting_there_is_none(circle: Circle) -> None:
    user, _ = circle.completed()

    assert user.step("override_callback").status == "skipped"
    assert circle.meta.sandbox.calls("update_phone_number") == []
