"""One whole signup by itself, over HTTP, as a REST client and an end-user's browser would do it."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests

RECEIVER, SECRET = "demo", "whsec_demo_secret_key_123"
PATIENCE = 30.0


class WalkFailedError(Exception):
    """The circle did not close; the message says at which stage."""


@dataclass
class Walk:
    """`say` prints one stage; times are seconds since the walk began."""

    base_url: str
    sandbox_url: str
    api_key: str
    say: Callable[[str], None]

    def __post_init__(self) -> None:
        self.api, self.browser, self.began = requests.Session(), requests.Session(), time.monotonic()
        self.api.headers["Authorization"] = f"Bearer {self.api_key}"

    def stage(self, text: str) -> None:
        self.say(f"  {time.monotonic() - self.began:6.2f} s  {text}")

    def run(self) -> dict[str, Any]:
        """The completed link as the API shows it. Raises WalkFailedError."""
        link = self.create_link("Acme Corp (demonstration)")
        self.stage(f"link created            {link['hostedUrl']}")
        signup_id = str(uuid.uuid4())
        self.open_page(link, signup_id)
        self.sign_up(link, signup_id)
        self.watch_steps(link["id"])
        self.check_webhook(link["id"])
        return self.read(link["id"])

    def create_link(self, name: str) -> dict[str, Any]:
        requests.post(
            f"{self.sandbox_url}/_sandbox/receivers/{RECEIVER}", json={"secret": SECRET}, timeout=10
        ).raise_for_status()
        body = {
            "name": name,
            "externalId": "customer-123",
            "metadata": {"customerId": "customer-123", "locationCode": "store-01"},
            "webhookUrl": f"{self.sandbox_url}/receiver/{RECEIVER}",
            "webhookSecret": SECRET,
            "webhookEvents": ["phone_number.connected"],
        }
        answer = self.api.post(f"{self.base_url}/v1/onboarding-links", json=body, timeout=10)
        if answer.status_code != 201:
            raise WalkFailedError(f"the link was not created: {answer.text}")
        link: dict[str, Any] = answer.json()["data"]
        return link

    def open_page(self, link: dict[str, Any], signup_id: str) -> None:
        page = self.browser.get(link["hostedUrl"], timeout=10)
        if page.status_code != 200:
            raise WalkFailedError(f"the page answered {page.status_code}")
        self.browser.headers["X-CSRFToken"] = str(self.browser.cookies["csrftoken"])
        self.browser.headers["Referer"] = link["hostedUrl"]
        self.post(link, "opened", {"signupId": signup_id})
        self.stage("page opened")

    def sign_up(self, link: dict[str, Any], signup_id: str) -> None:
        """What Meta's popup gives the page: the ids by a message, the code by the SDK."""
        self.post(link, "start", {"signupId": signup_id})
        made = requests.post(
            f"{self.sandbox_url}/_sandbox/signups", json={"choice": "success"}, timeout=10
        ).json()
        self.stage(f"signed up at Meta       {made['phoneNumber']}")
        self.post(link, "session", {"signupId": signup_id, **made["session"]})
        began = time.monotonic()
        self.post(link, "callback", {"signupId": signup_id, "code": made["code"]})
        self.stage(f"code exchanged          {(time.monotonic() - began) * 1000:.0f} ms")

    def post(self, link: dict[str, Any], call: str, body: dict[str, Any]) -> None:
        answer = self.browser.post(f"{link['hostedUrl']}/{call}", json=body, timeout=20)
        if not answer.ok:
            raise WalkFailedError(f"{call} answered {answer.status_code}: {answer.text}")

    def read(self, link_id: str) -> dict[str, Any]:
        link: dict[str, Any] = self.api.get(
            f"{self.base_url}/v1/onboarding-links/{link_id}", timeout=10
        ).json()["data"]
        return link

    def watch_steps(self, link_id: str) -> None:
        """Says each step when it ends."""
        told: set[str] = set()
        for _ in self.patience("the steps did not end"):
            link = self.read(link_id)
            for step in link["progress"]:
                if (
                    step["status"] in {"done", "skipped", "failed", "needs_customer"}
                    and step["step"] not in told
                ):
                    told.add(step["step"])
                    self.stage(f"step {step['step']:<18} {step['status']:<8} {milliseconds(step)}")
            if link["lastError"]:
                raise WalkFailedError(f"the signup failed: {json.dumps(link['lastError'])}")
            if link["status"] == "completed" and len(told) == len(link["progress"]):
                return

    def check_webhook(self, link_id: str) -> None:
        for _ in self.patience("the webhook did not arrive"):
            for delivery in self.deliveries():
                body = json.loads(delivery["body"])
                if body["data"].get("onboardingLinkId") == link_id:
                    verdict = "signature right" if delivery["signatureValid"] else "SIGNATURE WRONG"
                    self.stage(f"webhook received        {body['event']}, {verdict}")
                    if not delivery["signatureValid"]:
                        raise WalkFailedError("the webhook's signature is wrong")
                    return

    def deliveries(self) -> list[dict[str, Any]]:
        url = f"{self.sandbox_url}/_sandbox/receivers/{RECEIVER}/deliveries"
        return list(requests.get(url, timeout=10).json()["data"])

    def patience(self, complaint: str) -> Iterator[None]:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            yield
            time.sleep(0.05)
        raise WalkFailedError(complaint)


def milliseconds(step: dict[str, Any]) -> str:
    if not step["startedAt"] or not step["finishedAt"]:
        return ""
    began, ended = (datetime.fromisoformat(step[name]) for name in ("startedAt", "finishedAt"))
    return f"{(ended - began).total_seconds() * 1000:.0f} ms"
