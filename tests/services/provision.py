"""What the tests need, and where it comes from: named by a variable, found, installed, or missing."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.services import apt, chromium, interpreters, postgresql, redis_server
from tests.services.process import NotStartedError
from tests.services.stopping import pause

LEFT_OUT = "GANGWAY_TEST_MISSING"


@dataclass(frozen=True)
class Service:
    name: str
    variable: str  # names the server or program to the tests
    packages: tuple[str, ...]  # Debian's
    is_installed: Callable[[], bool]
    serving: Callable[[Path], contextlib.AbstractContextManager[str]]


SERVICES = (
    Service("postgresql", "TEST_DATABASE_URL", ("postgresql",), postgresql.is_installed, postgresql.serving),
    Service("redis", "TEST_REDIS_URL", ("redis-server",), redis_server.is_installed, redis_server.serving),
    # The fonts draw Hebrew and Arabic.
    Service(
        "chromium", "CHROMIUM", ("chromium", "fonts-dejavu-core"), chromium.is_installed, chromium.serving
    ),
    Service("node", "NODE", ("nodejs", "npm"), interpreters.is_node_installed, interpreters.serving_node),
    Service("php", "PHP", ("php-cli",), interpreters.is_php_installed, interpreters.serving_php),
)


@dataclass
class Provision:
    """The tests' environment, and what could not be had: name of the service to the reason."""

    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    missing: dict[str, str] = field(default_factory=dict)


@contextlib.contextmanager
def provided(provision: Provision, say: Callable[[str], None]) -> Iterator[None]:
    """Fill `provision` and keep its servers running until the block ends."""
    environment, missing = provision.environment, provision.missing
    left_out = environment.get(LEFT_OUT, "").split(",")
    missing |= {service.name: f"left out by {LEFT_OUT}" for service in SERVICES if service.name in left_out}
    wanted = [s for s in SERVICES if s.name not in missing and not environment.get(s.variable)]
    install([s for s in wanted if not s.is_installed()], say)
    with workspace() as folder, contextlib.ExitStack() as servers:
        for service in wanted:
            pause(0)
            own = folder / service.name
            own.mkdir(mode=0o700)
            try:
                environment[service.variable] = servers.enter_context(service.serving(own))
            except NotStartedError as error:
                missing[service.name] = str(error)
        for service in SERVICES:
            if service.name in missing:
                environment.pop(service.variable, None)
        environment[LEFT_OUT] = ",".join(missing)
        yield


def install(absent: Sequence[Service], say: Callable[[str], None]) -> None:
    """Install what is absent, where that is possible; what is absent still is reported as missing."""
    packages = [package for service in absent for package in service.packages]
    if not packages or not apt.is_usable():
        return
    say(f"Installing {', '.join(packages)} ...")
    try:
        apt.install(packages)
    except NotStartedError as error:
        say(str(error))


@contextlib.contextmanager
def workspace() -> Iterator[Path]:
    """Yield a folder of this run alone, by a short path: that of a socket has to fit in 100 bytes."""
    short = "/tmp" if Path("/tmp").is_dir() else None  # noqa: S108 - mkdtemp makes the name unguessable
    with tempfile.TemporaryDirectory(prefix="gangway-tests-", dir=short) as name:
        folder = Path(name)
        folder.chmod(0o711)  # the user that PostgreSQL runs as has to pass
        yield folder
