"""A private PostgreSQL: an empty cluster in a folder of its own, quick because a crash may lose it."""

import contextlib
import os
import pwd
import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from tests.services import process

ROLE = "gangway"
# Where packages put the server's programs without putting them on PATH.
FOLDERS = (
    "usr/lib/postgresql/*/bin",  # Debian
    "usr/pgsql-*/bin",  # the RPMs of postgresql.org
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
)
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "300",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


def is_installed() -> bool:
    return programs() is not None


def programs() -> Path | None:
    """Return the folder of initdb and postgres: the one on PATH, else the newest."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    for pattern in FOLDERS:
        folders += sorted(Path("/").glob(pattern), key=version, reverse=True)
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


def version(folder: Path) -> int:
    number = re.search(r"\d+", str(folder))
    return int(number[0]) if number else 0


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve from the empty `folder`; yield the URL of an empty database. Raises NotStartedError."""
    binaries = programs()
    if binaries is None:
        raise process.NotStartedError("its programs initdb and postgres were not found")
    owner, password = server_user(), secrets.token_hex(16)
    initialize(binaries, folder, owner, password)

    def command(port: int) -> list[str]:
        settings = SETTINGS | {"port": str(port), "unix_socket_directories": str(folder)}
        return [str(binaries / "postgres"), "-D", str(folder / "data")] + [
            f"--{name}={value}" for name, value in settings.items()
        ]

    def conninfo(port: int) -> str:
        # The socket lies in our folder: it cannot be another server that answers there.
        return make_conninfo(host=str(folder), port=port, user=ROLE, password=password, dbname="postgres")

    def is_ready(port: int) -> bool:
        try:
            psycopg.connect(conninfo(port)).close()
        except psycopg.OperationalError:
            return False
        return True

    with process.serving(command, is_ready=is_ready, log=folder / "log", owner=owner) as port:
        with psycopg.connect(conninfo(port), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {ROLE}")
        yield f"postgres://{ROLE}:{password}@127.0.0.1:{port}/{ROLE}"


def server_user() -> str | None:
    """Return the user that the server runs as, None for ourselves: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    return "postgres" if any(user.pw_name == "postgres" for user in pwd.getpwall()) else "nobody"


def initialize(binaries: Path, folder: Path, owner: str | None, password: str) -> None:
    """Make the cluster. Every user of the machine can reach its port, hence the password."""
    password_file = folder / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    if owner:
        shutil.chown(folder, owner)
        shutil.chown(password_file, owner)
    command = [str(binaries / "initdb"), "--pgdata", str(folder / "data"), "--username", ROLE]
    command += ["--auth", "scram-sha-256", "--pwfile", str(password_file), "--encoding", "UTF8", "--no-sync"]
    command += ["--locale", "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"]
    process.run(command, log=folder / "log", owner=owner)
