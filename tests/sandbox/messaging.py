"""A connected number for tests about messages: signed up, subscribed, registered; and what it sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from meta_graph.sandbox.server import Sandbox
from tests.sandbox.conftest import Graph

ANA = "16315550123"


@dataclass
class Number:
    """A number of ours, and the customer's token for it."""

    sandbox: Sandbox
    graph: Graph
    signup: dict[str, Any]
    token: str

    @property
    def id(self) -> str:
        return str(self.signup["phoneNumberId"])

    @property
    def waba(self) -> str:
        return str(self.signup["wabaId"])

    def post(self, **body: Any) -> requests.Response:
        """A message as it is given, with Meta's product named."""
        return self.graph.post(f"/{self.id}/messages", self.token, messaging_product="whatsapp", **body)

    def send(self, to: str = ANA, type_: str = "text", **content: Any) -> requests.Response:
        """A message of a type, a text where nothing else is said."""
        extra = content.pop("extra", {})
        return self.post(to=to, type=type_, **{type_: content or {"body": "Hello"}}, **extra)

    def sent(self, *given: Any, **options: Any) -> str:
        """The wamid of a message that was accepted."""
        return str(self.send(*given, **options).json()["messages"][0]["id"])


def connected(sandbox: Sandbox, graph: Graph, choice: str = "success") -> Number:
    signup = sandbox.sign_up(choice, partner_added="never")
    token = graph.token_of(signup)
    graph.post(f"/{signup['wabaId']}/subscribed_apps", token)
    if choice != "coexistence":
        graph.register(signup, token)
    return Number(sandbox, graph, signup, token)
