"""A receiver that is never the limit: it answers POSTs over kept connections, and notes when events came.

Below `/hang` it takes what comes and never answers. GET `/count` says how many POSTs there were, GET
`/arrivals` the Unix time too at which each event came first. DELETE forgets both and answers whoever was left
hanging.
"""

import argparse
import asyncio
import json
import sys
import time

END = b"\r\n\r\n"
BACKLOG = 1024


class Arrivals:
    """What has come since it was last asked for, and the connections that wait in vain."""

    def __init__(self) -> None:
        self.first: dict[str, float] = {}
        self.count = 0
        self.hanging: set[asyncio.Transport] = set()

    def said(self, path: bytes) -> bytes:
        if path == b"/count":
            return str(self.count).encode()
        return json.dumps({"count": self.count, "first": self.first}).encode()

    def forget(self) -> bytes:
        self.first, self.count = {}, 0
        for transport in self.hanging:
            transport.write(answer(b"late"))
        self.hanging.clear()
        return b""


class Connection(asyncio.Protocol):
    def __init__(self, arrivals: Arrivals) -> None:
        self.arrivals, self.buffer = arrivals, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.arrivals.hanging.discard(self.transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, end, rest = self.buffer.partition(END)
        if not end or len(rest) < int(header(head, b"content-length") or 0):
            return
        self.buffer = b""  # one at a time: nobody here sends a request before the last one's answer
        method, path, _ = head.split(b" ", 2)
        if method == b"POST":
            self.take(path, header(head, b"webhook-id"))
        elif method == b"DELETE":
            self.transport.write(answer(self.arrivals.forget()))
        else:
            self.transport.write(answer(self.arrivals.said(path)))

    def take(self, path: bytes, event_id: bytes) -> None:
        self.arrivals.first.setdefault(event_id.decode(), time.time())
        self.arrivals.count += 1
        if path.startswith(b"/hang"):
            self.arrivals.hanging.add(self.transport)
        else:
            self.transport.write(answer(b"ok"))


def header(head: bytes, name: bytes) -> bytes:
    """Its value, empty when it is not there."""
    begins = head.lower().find(b"\r\n" + name + b":")
    if begins < 0:
        return b""
    return head[begins + len(name) + 3 :].split(b"\r\n", 1)[0].strip()


def answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


async def serve(addresses: list[str], port: int) -> None:
    arrivals = Arrivals()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(arrivals), addresses, port, backlog=BACKLOG)
    await server.serve_forever()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("addresses", nargs="+")
    options = parser.parse_args()
    try:
        asyncio.run(serve(options.addresses, options.port))
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
