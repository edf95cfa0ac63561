"""The receiver of these tests: an HTTP server on raw sockets, so that it can misbehave in every way."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

ACCEPTED = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Arrival:
    """One request as it came. `is_taken`: it was answered with a whole 2xx."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.time)
    is_taken: bool = False

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def attempt(self) -> int:
        return int(self.headers["x-webhook-attempt"])


@dataclass
class Call:
    """What an answer is made of: the connection, what came on it, and whether the sink is being closed."""

    sock: socket.socket
    arrival: Arrival
    stopped: threading.Event

    def send(self, answer: bytes) -> None:
        self.sock.sendall(answer)

    def take(self, answer: bytes = ACCEPTED) -> None:
        """Before the answer is on its way: who kills the client at that moment has been answered."""
        self.arrival.is_taken = True
        self.send(answer)


# Answers a call; the connection is closed afterwards unless it says True.
Answer = Callable[[Call], bool]


def accept(call: Call) -> bool:
    call.take()
    return True


class Sink:
    """Answers each path as planned, one answer a request, and `accept` when the plan is at its end."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.listener = socket.create_server((host, 0), backlog=512)
        self.port: int = self.listener.getsockname()[1]
        self.url = f"http://{host}:{self.port}"
        self.arrivals: list[Arrival] = []
        self.plans: dict[str, list[Answer]] = {}
        self.connections = 0
        self.at_once: dict[str, int] = {}
        self.most_at_once: dict[str, int] = {}
        self.lock, self.stopped = threading.Lock(), threading.Event()
        threading.Thread(target=self.listen, args=(self.listener,), daemon=True).start()

    def listen(self, listener: socket.socket, context: ssl.SSLContext | None = None) -> None:
        while not self.stopped.is_set():
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(sock, context), daemon=True).start()

    @contextmanager
    def securely(self, context: ssl.SSLContext) -> Iterator[int]:
        """Another door of the same sink, over TLS; its port."""
        listener = socket.create_server((self.host, 0), backlog=512)
        threading.Thread(target=self.listen, args=(listener, context), daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            shut(listener)

    def serve(self, sock: socket.socket, context: ssl.SSLContext | None) -> None:
        """One connection, request after request."""
        with suppress(OSError), sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(60)
            if context is not None:
                sock = context.wrap_socket(sock, server_side=True)
            self.take_calls(sock)

    def take_calls(self, sock: socket.socket) -> None:
        with sock:
            while (arrival := read_request(sock)) and self.answered(Call(sock, arrival, self.stopped)):
                pass

    def answered(self, call: Call) -> bool:
        path = call.arrival.path
        with self.lock:
            self.arrivals.append(call.arrival)
            self.at_once[path] = self.at_once.get(path, 0) + 1
            self.most_at_once[path] = max(self.most_at_once.get(path, 0), self.at_once[path])
            plan = self.plans.get(path)
            answer = plan.pop(0) if plan else accept
        try:
            return answer(call)
        finally:
            with self.lock:
                self.at_once[path] -= 1

    def came(self, path: str) -> list[Arrival]:
        with self.lock:
            return [arrival for arrival in self.arrivals if arrival.path == path]

    def close(self) -> None:
        self.stopped.set()
        shut(self.listener)


def shut(listener: socket.socket) -> None:
    """Closed alone, it would still accept one connection."""
    with suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def read_request(sock: socket.socket) -> Arrival | None:
    """None when the client has gone."""
    read = b""
    while b"\r\n\r\n" not in read:
        piece = sock.recv(65536)
        if not piece:
            return None
        read += piece
    head, _, body = read.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        piece = sock.recv(65536)
        if not piece:
            return None
        body += piece
    return Arrival(first.split(" ")[1], headers, body)


@contextmanager
def sink(host: str = "127.0.0.1") -> Iterator[Sink]:
    opened = Sink(host)
    try:
        yield opened
    finally:
        opened.close()
