"""Requests as fast as a server answers them, over kept connections."""

import re
import shutil
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from tempfile import NamedTemporaryFile
from urllib.parse import urlsplit

# As many as the servers have threads.
CONNECTIONS = 4


@dataclass(frozen=True)
class Load:
    """What was answered, and in how many seconds."""

    requests: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


class RefusedError(RuntimeError):
    """Something else than 200 was answered, or nothing."""


def load(url: str, headers: Mapping[str, str], *, seconds: int, body: str = "") -> Load:
    """By wrk where it is installed, which takes little of the machine; else by threads of our own.

    GET, or POST where there is a body.
    """
    by = by_wrk if shutil.which("wrk") else by_threads
    return by(url, headers, seconds, body)


def by_wrk(url: str, headers: Mapping[str, str], seconds: int, body: str) -> Load:
    given = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", *given]
    with NamedTemporaryFile("w", suffix=".lua") as script:
        if body:
            script.write(f"wrk.method = 'POST'; wrk.body = [[{body}]]")
            script.flush()
            command += ["-s", script.name]
        ran = subprocess.run(
            [*command, url], capture_output=True, text=True, timeout=seconds + 30, check=True
        )
    said = ran.stdout
    answered = re.search(r"(\d+) requests in ([\d.]+)s", said)
    if answered is None or "Non-2xx" in said or "Socket errors" in said:
        raise RefusedError(f"{url}: {said}")
    return Load(int(answered[1]), float(answered[2]))


def by_threads(url: str, headers: Mapping[str, str], seconds: int, body: str) -> Load:
    parts, counts = urlsplit(url), [0] * CONNECTIONS
    refused: list[int] = []
    began = time.monotonic()

    def ask(number: int) -> None:
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        while time.monotonic() - began < seconds and not refused:
            connection.request(
                "POST" if body else "GET",
                f"{parts.path}?{parts.query}",
                body=body or None,
                headers=dict(headers),
            )
            answer = connection.getresponse()
            answer.read()
            counts[number] += 1
            if answer.status != 200:
                refused.append(answer.status)
        connection.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if refused:
        raise RefusedError(f"{url}: {refused[0]}")
    return Load(sum(counts), time.monotonic() - began)
