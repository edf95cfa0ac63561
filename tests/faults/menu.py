"""Everything that a receiver may do wrong, as answers of the sink."""

import gzip
import socket
import struct
import threading
import time

from tests.faults.sink import Answer, Call, accept

RETRIED = b"HTTP/1.1 500 No\r\n"


def answering(status: int, *headers: str, body: bytes = b"") -> Answer:
    """A whole answer, the connection kept."""
    lines = [f"HTTP/1.1 {status} So", *headers, f"Content-Length: {len(body)}", "", ""]
    answer = "\r\n".join(lines).encode() + body

    def given(call: Call) -> bool:
        if 200 <= status < 300:
            call.take(answer)
        else:
            call.send(answer)
        return True

    return given


def after(seconds: float, then: Answer = accept) -> Answer:
    def late(call: Call) -> bool:
        time.sleep(seconds)
        return then(call)

    return late


def held(until: threading.Event, then: Answer = accept) -> Answer:
    def holding(call: Call) -> bool:
        until.wait(60)
        return then(call)

    return holding


def silent(call: Call) -> bool:
    """Takes the request and says nothing."""
    call.stopped.wait(60)
    return False


def dripping(start: bytes, piece: bytes) -> Answer:
    """A little at a time, for ever: each read is quick, and the answer never ends."""

    def drip(call: Call) -> bool:
        call.send(start)
        while not call.stopped.wait(0.05):
            call.send(piece)
        return False

    return drip


def flooding(start: bytes, piece: bytes) -> Answer:
    """As much as fits, for ever."""

    def flood(call: Call) -> bool:
        call.send(start)
        while not call.stopped.is_set():
            call.send(piece)
        return False

    return flood


def closing(start: bytes) -> Answer:
    """A start, then the end of the connection."""

    def close(call: Call) -> bool:
        call.send(start)
        return False

    return close


def half_closed(call: Call) -> bool:
    """Hangs up in one direction and goes on listening."""
    call.sock.shutdown(socket.SHUT_WR)
    call.stopped.wait(60)
    return False


def resetting(start: bytes) -> Answer:
    """A start, then RST."""

    def reset(call: Call) -> bool:
        call.send(start)
        time.sleep(0.05)
        call.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    return reset


def gzip_bomb(call: Call) -> bool:
    """A small answer that unpacks to 200 MB."""
    packed = gzip.compress(b"0" * 1_000_000) * 200
    call.send(RETRIED + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed)
    return False


# Each is followed by a retry, and each must end within the time for one attempt.
NEVER_ENDING: dict[str, Answer] = {
    "says nothing": silent,
    "header drip": dripping(RETRIED + b"X: ", b"x"),
    "status line drip": dripping(b"HTTP/1.1 ", b"5"),
    "body drip": dripping(RETRIED + b"Content-Length: 100000\r\n\r\n", b"x"),
    "flood of 1xx": flooding(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}
ENDING: dict[str, Answer] = {
    "endless body": flooding(RETRIED + b"\r\n", b"x" * 65536),
    "endless chunks": flooding(
        RETRIED + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n"
    ),
    "gzip bomb": gzip_bomb,
    "10 MB header": closing(RETRIED + b"X: " + b"x" * 10_000_000 + b"\r\n\r\n"),
    "another protocol": closing(b"SSH-2.0-OpenSSH_9.9\r\n\r\n"),
    "RST in the body": resetting(RETRIED + b"Content-Length: 100\r\n\r\npart"),
    "hangs up": closing(b""),
    "half close": half_closed,
    "NUL and broken UTF-8": answering(500, body=b"\x00\xff\xfe" * 1_000_000),
}
# What the log says of the first attempt.
CODES = {
    "says nothing": "read_timeout",
    "header drip": "deadline",
    "status line drip": "deadline",
    "body drip": "deadline",
    "flood of 1xx": "deadline",
    "endless body": "http_status",
    "endless chunks": "http_status",
    "gzip bomb": "http_status",
    "10 MB header": "bad_response",
    "another protocol": "bad_response",
    "RST in the body": "reset",
    "hangs up": "reset",
    "half close": "reset",
    "NUL and broken UTF-8": "http_status",
}
