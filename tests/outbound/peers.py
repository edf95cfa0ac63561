"""Servers on loopback that misbehave: each accepts real connections and does one thing wrong."""

from __future__ import annotations

import datetime
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_network
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from outbound.addresses import AddressPolicy

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LOOPBACK = AddressPolicy(allowed_networks=(ip_network("127.0.0.0/8"), ip_network("::1/128")), allow_http=True)


class Peer:
    """A listening socket; `behave` gets each accepted connection. What it read is in `heads`."""

    def __init__(self, behave: Callable[[Peer, socket.socket], None], host: str = "127.0.0.1") -> None:
        self._behave = behave
        self._listener = socket.create_server((host, 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://{host}:{self.port}/hook"
        self.heads: list[bytes] = []
        self.connections = 0
        self.stopped = threading.Event()
        self._accepted: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.stopped.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._accepted.append(sock)
            self._start(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        with sock, suppress(OSError):
            sock.settimeout(10)
            self._behave(self, sock)

    def read_request(self, sock: socket.socket) -> bytes:
        """One request's head, the body read too. Empty when the client has gone."""
        read = b""
        while b"\r\n\r\n" not in read:
            piece = sock.recv(65536)
            if not piece:
                return b""
            read += piece
        head, _, body = read.partition(b"\r\n\r\n")
        self.heads.append(head)
        missing = _content_length(head) - len(body)
        while missing > 0:
            missing -= len(sock.recv(65536))
        return head

    def drip(self, sock: socket.socket, piece: bytes, every: float = 0.05) -> None:
        """Sends for ever, a little at a time."""
        while not self.stopped.wait(every):
            sock.sendall(piece)

    def close(self) -> None:
        self.stopped.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._accepted:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


@contextmanager
def peer(behave: Callable[[Peer, socket.socket], None], host: str = "127.0.0.1") -> Iterator[Peer]:
    serving = Peer(behave, host)
    try:
        yield serving
    finally:
        serving.close()


def answering(*answers: bytes) -> Callable[[Peer, socket.socket], None]:
    """Answers the requests of one connection one after the other, then closes it."""

    def behave(serving: Peer, sock: socket.socket) -> None:
        for answer in answers:
            if not serving.read_request(sock):
                return
            sock.sendall(answer)

    return behave


def dripping(start: bytes, piece: bytes) -> Callable[[Peer, socket.socket], None]:
    def behave(serving: Peer, sock: socket.socket) -> None:
        serving.read_request(sock)
        sock.sendall(start)
        serving.drip(sock, piece)

    return behave


def silent(serving: Peer, sock: socket.socket) -> None:
    """Takes the request and says nothing."""
    serving.read_request(sock)
    serving.stopped.wait(30)


def resetting(start: bytes) -> Callable[[Peer, socket.socket], None]:
    """Sends a start, then RST."""

    def behave(serving: Peer, sock: socket.socket) -> None:
        serving.read_request(sock)
        sock.sendall(start)
        time.sleep(0.05)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return behave


def over_tls(
    context: ssl.SSLContext, behave: Callable[[Peer, socket.socket], None]
) -> Callable[[Peer, socket.socket], None]:
    def wrapped(serving: Peer, sock: socket.socket) -> None:
        with context.wrap_socket(sock, server_side=True) as secure:
            behave(serving, secure)

    return wrapped


def server_context(folder: Path, name: str, *, expired: bool = False) -> ssl.SSLContext:
    """A server's context with a certificate for `name` that signs itself; it is in `folder`/cert.pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    ends = now + datetime.timedelta(days=-1 if expired else 1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=2))
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context
