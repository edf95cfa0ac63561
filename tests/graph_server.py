"""A Graph of a few lines for tests: it notes each call, answers as planned, and accepts everything else."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class GraphCall:
    """One call as it came; `node` is the path without version and query."""

    method: str
    node: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes
    at: float = field(default_factory=time.monotonic)
    ended_at: float | None = None

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    @property
    def to(self) -> str:
        return str(self.body.get("to") or self.body.get("recipient"))


# What is answered: a status and a JSON object, or bytes with their type; None hangs up without a word.
Answer = tuple[int, Any] | None
Plan = Callable[[GraphCall], Answer]


class GraphServer:
    """`plans` are taken one a call, in their order; `usual` answers the others."""

    def __init__(self) -> None:
        self.calls: list[GraphCall] = []
        self.plans: list[Plan] = []
        self.usual: Plan = self.accept
        self.lock, self.number = threading.Lock(), 0
        graph = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_call(self) -> None:
                graph.answer(self)

            do_GET = do_POST = do_DELETE = handle_call  # noqa: N815 - the library's names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, handler: Any) -> None:
        parts = urlsplit(handler.path)
        raw = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        headers = {name.lower(): value for name, value in handler.headers.items()}
        call = GraphCall(handler.command, parts.path.split("/", 2)[-1], query, headers, raw)
        with self.lock:
            self.calls.append(call)
            plan = self.plans.pop(0) if self.plans else self.usual
        given = plan(call)
        call.ended_at = time.monotonic()
        if given is None:
            handler.close_connection = True
            return
        status, said = given
        body, kind = said if isinstance(said, tuple) else (json.dumps(said).encode(), "application/json")
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def accept(self, call: GraphCall) -> Answer:
        """As Meta accepts a message: a wamid of its own, and the digits back."""
        with self.lock:
            self.number += 1
            number = self.number
        to = {"wa_id": call.body["to"]} if "to" in call.body else {"user_id": call.body.get("recipient")}
        return 200, {
            "messaging_product": "whatsapp",
            "contacts": [{"input": call.to, **to}],
            "messages": [{"id": f"wamid.test{number}"}],
        }

    def wait(self, seconds: float) -> None:
        """For what happens in other threads."""
        time.sleep(seconds)

    def sent(self) -> list[GraphCall]:
        """Every message that came."""
        with self.lock:
            return [call for call in self.calls if call.node.endswith("/messages")]


def refusing(code: int, message: str = "no", *, status: int = 400, **more: Any) -> Plan:
    """Meta's error object."""
    error = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code, **more}
    return lambda _: (status, {"error": error | {"fbtrace_id": "AbC"}})


def hang_up(call: GraphCall) -> Answer:
    """Takes the request and ends the connection without a word."""
    return None


def after(seconds: float, then: Plan) -> Plan:
    def late(call: GraphCall) -> Answer:
        time.sleep(seconds)
        return then(call)

    return late


def saying(said: Any, status: int = 200) -> Plan:
    return lambda _: (status, said)


@contextmanager
def graph_server() -> Iterator[GraphServer]:
    graph = GraphServer()
    thread = threading.Thread(target=graph.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield graph
    finally:
        graph.server.shutdown()
        graph.server.server_close()
        thread.join()
