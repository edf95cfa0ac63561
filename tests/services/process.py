"""One server process of our own: started on a free port, waited for, ended."""

import contextlib
import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.services.stopping import pause

START_SECONDS = 30
STOP_SECONDS = 10
PORTS_TRIED = 3


class NotStartedError(Exception):
    """A program is there, but it failed or its server did not come up; the text says why."""


@contextlib.contextmanager
def serving(
    command: Callable[[int], list[str]],
    *,
    is_ready: Callable[[int], bool],
    log: Path,
    owner: str | None = None,
) -> Iterator[int]:
    """Run the server `command(port)` until the block ends; yield its port. Raises NotStartedError."""
    server, port = start(command, is_ready=is_ready, log=log, owner=owner)
    try:
        yield port
    finally:
        end(server)


def start(
    command: Callable[[int], list[str]],
    *,
    is_ready: Callable[[int], bool],
    log: Path,
    owner: str | None,
) -> tuple[subprocess.Popen[bytes], int]:
    """Start on a port that is free; when another program was quicker to take it, on another one."""
    for tries_left in reversed(range(PORTS_TRIED)):
        port = free_port()
        server = spawn(command(port), log=log, owner=owner)
        try:
            wait_until_ready(server, port, is_ready, log)
        except BaseException as error:
            end(server)
            if not isinstance(error, NotStartedError) or not tries_left:
                raise
        else:
            return server, port
    raise AssertionError


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(
    server: subprocess.Popen[bytes], port: int, is_ready: Callable[[int], bool], log: Path
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_ready(port):
        if server.poll() is not None or time.monotonic() > deadline:
            raise NotStartedError(last_lines(log))
        pause(0.02)


def run(command: list[str], *, log: Path, owner: str | None = None) -> None:
    """Run `command` to its end. Raises NotStartedError."""
    program = spawn(command, log=log, owner=owner)
    try:
        while program.poll() is None:
            pause(0.02)
    finally:
        end(program)
    if program.returncode:
        raise NotStartedError(last_lines(log))


def spawn(command: list[str], *, log: Path, owner: str | None) -> subprocess.Popen[bytes]:
    """Start `command` as the user `owner` (None: as we are), adding its output to `log`.

    It leads a session of its own: a Ctrl-C in the terminal reaches the tests, and not the servers
    that the tests still need to tidy up.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=log.parent,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=owner,
            group=pwd.getpwnam(owner).pw_gid if owner else None,
            extra_groups=[] if owner else None,
        )


def end(program: subprocess.Popen[bytes]) -> None:
    """End a program and what it started: politely (SIGINT), then by force."""
    if program.poll() is not None:
        return
    os.killpg(program.pid, signal.SIGINT)
    try:
        program.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()


def last_lines(log: Path) -> str:
    return " / ".join(log.read_text(errors="replace").splitlines()[-3:]) or "it ended without a word"
