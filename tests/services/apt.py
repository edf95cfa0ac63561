"""Installing Debian's packages where that is ours to do: as root, on Debian."""

import contextlib
import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.services.process import NotStartedError

LOCK = Path("/run/gangway-tests-apt.lock")
POLICY = Path("/usr/sbin/policy-rc.d")
APT_GET = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]


def is_usable() -> bool:
    return os.geteuid() == 0 and Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None


def install(packages: Sequence[str]) -> None:
    """Install `packages` without a question and without starting a service. Raises NotStartedError.

    Two runs at once take turns.
    """
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with no_service_starts():
            # A source that is away is no reason to give up: the packages may come from another one.
            apt_get("update")
            installed = apt_get("install", "--yes", "--no-install-recommends", *packages)
    if installed.returncode:
        reason = " / ".join(installed.stdout.splitlines()[-3:])
        raise NotStartedError(f"apt-get install {' '.join(packages)} failed: {reason}")


def apt_get(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*APT_GET, *arguments],
        env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


@contextlib.contextmanager
def no_service_starts() -> Iterator[None]:
    """Keep the packages from starting the system's own servers: ours are private.

    The policy says no while this process lives, and does no harm if it should be left behind.
    """
    if POLICY.exists():
        yield
        return
    POLICY.write_text(f"#!/bin/sh\nkill -0 {os.getpid()} 2>/dev/null && exit 101\nexit 0\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)
