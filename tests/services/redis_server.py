"""A private Redis that keeps nothing."""

import contextlib
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import redis

from tests.services import process

PROGRAMS = ("redis-server", "valkey-server")


def is_installed() -> bool:
    return program() is not None


def program() -> str | None:
    return next((path for path in map(shutil.which, PROGRAMS) if path), None)


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve from the empty `folder`; yield the URL. Raises NotStartedError."""
    found = program()
    if found is None:
        raise process.NotStartedError("its program redis-server was not found")
    password, door = secrets.token_hex(16), folder / "redis.sock"
    # In a file, because the arguments of a process are there for every user of the machine to read.
    configuration = folder / "redis.conf"
    configuration.touch(mode=0o600)
    configuration.write_text(f'requirepass {password}\nsave ""\nappendonly no\ndir {folder}\n')

    def command(port: int) -> list[str]:
        return [
            found,
            str(configuration),
            "--bind",
            "127.0.0.1",
            "--port",
            str(port),
            "--unixsocket",
            str(door),
        ]

    def is_ready(_port: int) -> bool:
        # Redis opens this socket after its port, and in our folder: no other server answers here.
        try:
            with redis.Redis(unix_socket_path=str(door), password=password) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    with process.serving(command, is_ready=is_ready, log=folder / "log") as port:
        yield f"redis://:{password}@127.0.0.1:{port}/0"
