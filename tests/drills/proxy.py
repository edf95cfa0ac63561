"""The proxy before the web servers, as deploy/nginx.conf sets it up: a connection a request.

A request that no server has accepted goes to the next one. A server is taken out before it is stopped.
"""

import http.client
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

NOT_THERE = (ConnectionRefusedError, FileNotFoundError)
HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"})
SECONDS = 60.0


@dataclass
class Upstream:
    """One web server, by its socket. `busy`: requests that it has now."""

    socket: Path
    is_in: bool = False
    busy: int = 0


class Connection(http.client.HTTPConnection):
    """To a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=SECONDS)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SECONDS)
        self.sock.connect(str(self.path))


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Proxy(ThreadingHTTPServer):
    """`broken`: requests that a server had taken and did not answer; `refused`: those that none took."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.upstreams: dict[str, Upstream] = {}
        self.lock, self.turn = threading.Lock(), count()
        self.statuses: Counter[int] = Counter()
        self.broken: list[str] = []
        self.refused: list[str] = []
        self.passed_on = 0

    # -- what an operator does -------------------------------------------------------------------------

    def put_in(self, name: str, path: Path) -> None:
        """From now on it gets requests: it says that it is ready."""
        until(lambda: is_ready(path))
        with self.lock:
            self.upstreams[name] = Upstream(path, is_in=True)

    def take_out(self, name: str) -> None:
        """No new request goes there, and it has answered those that it had."""
        with self.lock:
            self.upstreams[name].is_in = False
        until(lambda: self.upstreams[name].busy == 0)

    # -- a request ---------------------------------------------------------------------------------------

    def answered(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        for upstream in self.choices():
            connection = Connection(upstream.socket)
            try:
                connection.connect()
            except NOT_THERE:
                connection.close()
                with self.lock:
                    self.passed_on += 1
                    upstream.busy -= 1
                continue
            try:
                return self.exchanged(connection, method, path, headers, body)
            except (OSError, http.client.HTTPException) as failure:
                self.broken.append(f"{method} {path}: {type(failure).__name__} {failure}")
                return Answer(502, [], b"")
            finally:
                connection.close()
                with self.lock:
                    upstream.busy -= 1
        self.refused.append(f"{method} {path}")
        return Answer(503, [], b"")

    def choices(self) -> Iterator[Upstream]:
        """Those that are in, another one first each time; each is busy from the moment it is given."""
        with self.lock:
            names = [name for name, upstream in self.upstreams.items() if upstream.is_in]
        begin = next(self.turn)
        for number in range(len(names)):
            upstream = self.upstreams[names[(begin + number) % len(names)]]
            with self.lock:
                if not upstream.is_in:
                    continue
                upstream.busy += 1
            yield upstream

    def exchanged(
        self, connection: Connection, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> Answer:
        connection.request(method, path, body=body or None, headers=headers | {"Connection": "close"})
        got = connection.getresponse()
        kept = [(name, value) for name, value in got.getheaders() if name.lower() not in HOP_BY_HOP]
        return Answer(got.status, kept, got.read())


class Handler(BaseHTTPRequestHandler):
    server: Proxy
    protocol_version = "HTTP/1.1"

    def handle_call(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        told = {"X-Forwarded-For": self.client_address[0], "X-Forwarded-Proto": "http"}
        answer = self.server.answered(self.command, self.path, dict(self.headers.items()) | told, body)
        with self.server.lock:
            self.server.statuses[answer.status] += 1
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = handle_call  # noqa: N815 - the library's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        return


def is_ready(path: Path) -> bool:
    connection = Connection(path)
    try:
        connection.request("GET", "/readyz", headers={"Host": "localhost", "Connection": "close"})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def until(is_so: object, seconds: float = SECONDS) -> None:
    ends = time.monotonic() + seconds
    while not is_so():  # type: ignore[operator]
        assert time.monotonic() < ends, "it did not come to that"
        time.sleep(0.05)


@contextmanager
def proxy(port: int) -> Iterator[Proxy]:
    opened = Proxy(port)
    threading.Thread(target=opened.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield opened
    finally:
        opened.shutdown()
        opened.server_close()
