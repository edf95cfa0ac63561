"""PostgreSQL and Redis of these tests alone, to be killed, stopped, flushed and started again.

Always on the same port: whoever lost a server finds it again.
"""

import os
import secrets
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import redis
from psycopg.conninfo import make_conninfo

from tests.services import postgresql, process, redis_server

# A crash of the server may not cost what it has committed: what is in doubt here is our code.
DURABLE = postgresql.SETTINGS | {"synchronous_commit": "on"}


class Server:
    """One server process; `url` is how clients reach it."""

    def __init__(
        self, url: str, port: int, command: list[str], is_ready: Callable[[int], bool], log: Path, *,
        owner: str | None = None, crash_by: signal.Signals = signal.SIGKILL,
    ) -> None:  # fmt: skip
        self.url, self.port, self.command = url, port, command
        self.is_ready, self.log, self.owner, self.crash_by = is_ready, log, owner, crash_by
        self.running: subprocess.Popen[bytes] | None = None
        self.starts = 0

    @property
    def is_up(self) -> bool:
        return self.running is not None and self.running.poll() is None

    def start(self) -> None:
        self.starts += 1
        self.running = process.spawn(self.command, log=self.log, owner=self.owner)
        process.wait_until_ready(self.running, self.port, self.is_ready, self.log)

    def stop(self) -> None:
        """As an operator does: PostgreSQL ends its connections, Redis forgets everything."""
        if self.running is not None:
            self.thaw()
            process.end(self.running)

    def crash(self) -> None:
        """At once, without a word to anybody."""
        assert self.running is not None
        self.running.send_signal(self.crash_by)
        self.running.wait(process.STOP_SECONDS)

    def freeze(self) -> None:
        """Connections are accepted by the kernel and nobody answers."""
        assert self.running is not None
        os.killpg(self.running.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        if self.is_up and self.running is not None:
            os.killpg(self.running.pid, signal.SIGCONT)


@contextmanager
def postgresql_server(folder: Path) -> Iterator[Server]:
    """An empty cluster with the database of tests.services' URLs."""
    binaries = postgresql.programs()
    assert binaries is not None
    owner, password, port = postgresql.server_user(), secrets.token_hex(16), process.free_port()
    postgresql.initialize(binaries, folder, owner, password)
    settings = DURABLE | {"port": str(port), "unix_socket_directories": str(folder)}
    command = [str(binaries / "postgres"), "-D", str(folder / "data")]
    command += [f"--{name}={value}" for name, value in settings.items()]
    maintenance = make_conninfo(
        host=str(folder), port=port, user=postgresql.ROLE, password=password, dbname="postgres"
    )

    def is_ready(_port: int) -> bool:
        try:
            psycopg.connect(maintenance).close()
        except psycopg.OperationalError:
            return False
        return True

    url = f"postgres://{postgresql.ROLE}:{password}@127.0.0.1:{port}/{postgresql.ROLE}"
    # A crash of PostgreSQL's: killed, it would leave its backends behind for a moment.
    server = Server(url, port, command, is_ready, folder / "log", owner=owner, crash_by=signal.SIGQUIT)
    with serving(server):
        with psycopg.connect(maintenance, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {postgresql.ROLE}")
        yield server


@contextmanager
def redis_server_of_ours(folder: Path) -> Iterator[Server]:
    """A Redis that keeps nothing: killed, it has forgotten every hint."""
    program = redis_server.program()
    assert program is not None
    password, port, door = secrets.token_hex(16), process.free_port(), folder / "redis.sock"
    configuration = folder / "redis.conf"
    configuration.touch(mode=0o600)
    configuration.write_text(f'requirepass {password}\nsave ""\nappendonly no\ndir {folder}\n')
    command = [
        program,
        str(configuration),
        "--bind",
        "127.0.0.1",
        "--port",
        str(port),
        "--unixsocket",
        str(door),
    ]

    def is_ready(_port: int) -> bool:
        try:
            with redis.Redis(unix_socket_path=str(door), password=password) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    server = Server(f"redis://:{password}@127.0.0.1:{port}/0", port, command, is_ready, folder / "log")
    with serving(server):
        yield server


@contextmanager
def serving(server: Server) -> Iterator[None]:
    try:
        server.start()
        yield
    finally:
        server.stop()
