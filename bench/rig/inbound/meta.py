"""Meta's side: signed POSTs with messages of many people, as fast as they are answered or at a pace.

Each message has an id of its own, `wamid.<mark>.<post>.<number>`. Prints one line of JSON: the seconds in
all, and of each POST the Unix time at which it began, the seconds until its answer, and the status.
"""

import argparse
import hashlib
import hmac
import json
import socket
import sys
import threading
import time
from itertools import count
from urllib.parse import urlsplit

# How an answer without a body ends, whichever way its server says that there is none.
ENDS = (b"\r\n\r\n0\r\n\r\n", b"content-length: 0\r\n\r\n")


def message(wamid: str, person: int) -> dict[str, object]:
    return {
        "from": f"54911{person:08}",
        "from_user_id": f"AR.{person:020}",
        "id": wamid,
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": "Hello, is the order with the number 4711 on its way? ¡Gracias! 😀"},
    }


def change(phone: str, wamid: str, person: int) -> dict[str, object]:
    ids = {"wa_id": f"54911{person:08}", "user_id": f"AR.{person:020}"}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": phone},
        "contacts": [{"profile": {"name": f"Person {person}"}} | ids],
        "messages": [message(wamid, person)],
    }
    return {"field": "messages", "value": value}


def body_of(options: argparse.Namespace, post: int) -> bytes:
    """As Meta writes it: what is not ASCII is escaped, and so is each slash."""
    changes = [
        change(
            options.phones[(post + number) % len(options.phones)],
            f"wamid.{options.mark}.{post}.{number}",
            (post * options.changes + number) % options.people,
        )
        for number in range(options.changes)
    ]
    envelope = {"object": "whatsapp_business_account", "entry": [{"id": options.waba, "changes": changes}]}
    return json.dumps(envelope, separators=(",", ":")).replace("/", "\\/").encode()


def request_of(options: argparse.Namespace, post: int) -> bytes:
    body, where = body_of(options, post), urlsplit(options.url)
    signed = hmac.new(options.secret.encode(), body, hashlib.sha256).hexdigest()
    head = (
        f"POST {where.path} HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Type: application/json\r\n"
        f"X-Hub-Signature-256: sha256={signed}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Sender:
    """A kept connection to a server whose answers have no body."""

    def __init__(self, url: str) -> None:
        where = urlsplit(url)
        self.socket = socket.create_connection((where.hostname or "", where.port or 80), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: bytes) -> int:
        self.socket.sendall(request)
        answer = b""
        while not answer.lower().endswith(ENDS):
            part = self.socket.recv(4096)
            if not part:
                return 0
            answer += part
        return int(answer.split(b" ", 2)[1])


def sent(options: argparse.Namespace, requests: list[bytes]) -> list[tuple[float, float, int]]:
    numbers, rows, lock = count(), [(0.0, 0.0, 0)] * len(requests), threading.Lock()
    began = time.monotonic()

    def work() -> None:
        sender = Sender(options.url)
        while True:
            with lock:
                number = next(numbers)
            if number >= len(requests):
                return
            if options.rate:
                time.sleep(max(0.0, began + number / options.rate - time.monotonic()))
            at, start = time.time(), time.monotonic()
            status = sender.send(requests[number])
            rows[number] = (at, time.monotonic() - start, status)

    threads = [threading.Thread(target=work) for _ in range(options.connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--mark", required=True)
    parser.add_argument("--waba", required=True)
    parser.add_argument("--phones", nargs="+", required=True)
    parser.add_argument("--posts", type=int, required=True)
    parser.add_argument("--changes", type=int, default=1)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument(
        "--rate", type=float, default=0.0, help="POSTs a second; 0: as fast as they are answered"
    )
    options = parser.parse_args()
    requests = [request_of(options, post) for post in range(options.posts)]
    began = time.monotonic()
    rows = sent(options, requests)
    print(json.dumps({"seconds": time.monotonic() - began, "posts": rows}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
