"""A customer's endpoint: a real HTTP server on a free port of this machine, and what it got."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Got:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    """What to answer, and after how many seconds."""

    status: int = 200
    body: bytes = b"ok"
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0.0


class Receiver:
    """Answers `answers` in turn, then 200; or, once `hold` is cleared, nothing until it is set again."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/hooks"
        self.got: list[Got] = []
        self.answers: list[Answer] = []
        self.most_at_once = self.at_once = 0
        self.lock, self.hold = threading.Lock(), threading.Event()
        self.hold.set()

    def answer(self, got: Got) -> Answer:
        with self.lock:
            self.got.append(got)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            answer = self.answers.pop(0) if self.answers else Answer()
        self.hold.wait(30)
        threading.Event().wait(answer.after)
        with self.lock:
            self.at_once -= 1
        return answer


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that runs until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body in one packet: else each answer waits 40 ms for an ACK

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = receiver.answer(Got(self.path, headers, body))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
            self.wfile.flush()

        def log_message(self, *args: object) -> None:
            """Silent."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 128  # five connections at once would be its most
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *args: None  # type: ignore[method-assign]  # a client that hung up
    receiver = Receiver(server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield receiver
    finally:
        receiver.hold.set()
        server.shutdown()
        thread.join()
        server.server_close()
