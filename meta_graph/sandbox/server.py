"""Serves the sandbox: a threaded WSGI server with kept-alive HTTP/1.1 connections."""

import contextlib
import io
import logging
import os
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIApplication, WSGIEnvironment

from meta_graph.sandbox import account_updates, dashboard, scenarios, signed_requests, signups
from meta_graph.sandbox.config import SandboxConfig
from meta_graph.sandbox.messaging.controls import MessagingControls
from meta_graph.sandbox.state import State
from meta_graph.sandbox.urls import Application
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import ConnectionCut, Json

__all__ = ["Sandbox", "SandboxConfig"]

logger = logging.getLogger(__name__)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "MetaSandbox/1"
    disable_nagle_algorithm = True
    timeout = 75  # seconds an idle connection is kept
    server: "Server"

    def answer(self) -> None:
        head: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            head[:] = [status, headers]

        try:
            body = b"".join(self.server.application(self.environ(), start_response))
        except ConnectionCut:
            self.cut()
            return
        status, headers = head
        code, phrase = status.split(" ", 1)
        self.send_response(int(code), phrase)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = do_HEAD = do_OPTIONS = answer  # noqa: N815

    def environ(self) -> WSGIEnvironment:
        path, _, query = self.path.partition("?")
        body = self.read_body()
        environ: WSGIEnvironment = {
            "REQUEST_METHOD": self.command,
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
        }
        for name, value in self.headers.items():
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
        return environ

    def read_body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers
        return b"".join(chunks)

    def cut(self) -> None:
        """Resets the connection: with no linger the kernel sends RST when the descriptor is closed."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the name is the standard library's
        logger.debug(format, *args)


class Server(ThreadingMixIn, TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], application: WSGIApplication) -> None:
        self.application = application
        self._open: set[socket.socket] = set()
        super().__init__(address, Handler)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._open.discard(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if isinstance(sys.exception(), OSError):
            logger.debug("The connection of %s ended early.", client_address)
        else:
            logger.error("A request of %s failed.", client_address, exc_info=sys.exc_info())

    def close_connections(self) -> None:
        """Ends kept-alive connections too, or a stopped sandbox would go on answering on them."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Sandbox(MessagingControls):
    """One fake Meta: `start()`, `url`, `stop()`; `port=0` takes a free one."""

    def __init__(self, config: SandboxConfig, host: str = "127.0.0.1", port: int = 0) -> None:
        self.config = config
        self.state = State(config.state_path)
        self.world = World(config, self.state)
        self._server = Server((host, port), Application(self.world))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """The origin, for example `http://127.0.0.1:8100`; always an IPv4 address or the given name."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> "Sandbox":
        self._thread.start()
        return self

    def stop(self) -> None:
        self.world.closing.set()
        self.world.later.stop()
        self._server.shutdown()
        self._server.server_close()
        self._server.close_connections()
        self._thread.join()
        self.state.close()

    def __enter__(self) -> "Sandbox":
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def sign_up(self, choice: str = "success", **options: Any) -> Json:
        """A finished dialog without a browser, as `POST /_sandbox/signups` makes it."""
        return signups.finish(self.world, choice=choice, **options)

    def set_scenario(self, name: str, **options: Any) -> Json:
        """As `POST /_sandbox/scenarios`: options are target, times, call and the scenario's own."""
        return scenarios.activate(self.state, name, options)

    def clear_scenarios(self) -> None:
        scenarios.clear(self.state)

    def calls(self, call: str | None = None, target: str | None = None) -> list[Json]:
        """The Graph calls so far, oldest first, by endpoint name and by an id that they concerned."""
        return self.world.calls.listed(call, target)

    def counts(self, target: str | None = None) -> dict[str, dict[str, int]]:
        """`{call: {calls, done}}`: how often each was asked for, and how often Meta did it."""
        return self.world.calls.counted(target)

    def configure(self, *, credit_line_id: str = "", **settings: Any) -> Json:
        """As `POST /_sandbox/app`: callback_url, verify_token, deauthorize_url, data_deletion_url, fields,
        is_active.
        """
        return dashboard.configure(self.world, settings, credit_line_id)

    def account_update(self, event: str, waba_id: str, **options: Any) -> Json:
        """As `POST /_sandbox/account-updates`: options are value, signature, times, changes."""
        return account_updates.tell(self.world, waba_id, event, **options)

    def deauthorize(self, target: str, **options: Any) -> Json:
        """As `POST /_sandbox/deauthorize`: options are signature and changes."""
        return signed_requests.request(self.world, "deauthorize", target, **options)

    def delete_data(self, target: str, **options: Any) -> Json:
        """As `POST /_sandbox/data-deletion`: options are signature and changes."""
        return signed_requests.request(self.world, "data_deletion", target, **options)
