"""A customer's server that has pictures: real HTTP on loopback, with whatever answer a test gives it."""

import io
import socket
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from PIL import Image

from tests.outbound.peers import Peer, peer

RED = (200, 30, 40)


def png(size: tuple[int, int] = (200, 60), color: Any = RED, mode: str = "RGB", **options: Any) -> bytes:
    return saved(Image.new(mode, size, color), "PNG", **options)


def plain_jpeg() -> bytes:
    return saved(Image.new("RGB", (200, 60), RED), "JPEG")


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of_chunks(size: tuple[int, int], *chunks: bytes, depth: int = 8, rows: bytes = b"") -> bytes:
    """A PNG in RGB that says it has `size`, whatever there is of it."""
    head = struct.pack(">IIBBBBB", *size, depth, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(chunks) + body + chunk(b"IEND", b"")


def http(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    given = {"Content-Type": "image/png", "Content-Length": str(len(body)), "Connection": "close"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


class LogoHost:
    """Answers each path with the bytes in `answers`, and writes down what was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes] = {}
        self.drips: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.origin = ""
        self.on_ask: Callable[[], object] = lambda: None

    def has(self, body: bytes, path: str = "/logo.png", **headers: str) -> str:
        """Puts a file there, and says its URL."""
        self.answers[path] = http(body, **headers)
        return self.origin + path

    def behave(self, serving: Peer, sock: socket.socket) -> None:
        head = serving.read_request(sock)
        if not head:
            return
        path = head.split(b" ")[1].decode()
        self.asked.append(path)
        self.on_ask()
        sock.sendall(self.answers.get(path, http(b"", "404 Not Found")))
        if path in self.drips:
            serving.drip(sock, self.drips[path])


@contextmanager
def logo_host() -> Iterator[LogoHost]:
    host = LogoHost()
    with peer(host.behave) as serving:
        host.origin = f"http://127.0.0.1:{serving.port}"
        yield host
