"""The product between a publisher and a receiver, whole again before each test; and the table."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.e2e.product import Product
from tests.faults import incoming, signup_report
from tests.faults.certificates import Authority
from tests.faults.crowd import SETTINGS, Crowd
from tests.faults.report import PROPERTY, Ledger, lines
from tests.faults.rig import Rig, Tenant, quick
from tests.faults.servers import postgresql_server, redis_server_of_ours
from tests.faults.sink import sink
from tests.services import postgresql, redis_server
from tests.services.provision import workspace


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """Web, workers, scheduler and sandbox as processes, and servers that nobody else uses."""
    if not (postgresql.is_installed() and redis_server.is_installed()):
        pytest.skip("needs programs of PostgreSQL and Redis of its own to stop")
    with ExitStack() as stack:
        folder = stack.enter_context(workspace())
        for name in ("postgresql", "redis"):
            (folder / name).mkdir(mode=0o700)
        database = stack.enter_context(postgresql_server(folder / "postgresql"))
        redis = stack.enter_context(redis_server_of_ours(folder / "redis"))
        receiver, trap = stack.enter_context(sink()), stack.enter_context(sink("127.0.0.2"))
        product = Product(
            tmp_path_factory.mktemp("faults"), embedded=False, database_url=database.url, redis_url=redis.url
        )
        authority = Authority(product.folder)
        product.settings = quick(product.folder, trap, authority) | SETTINGS
        rig = Rig(product, database, redis, receiver, trap, authority)
        stack.callback(product.stop)
        stack.callback(rig.publisher.kill)
        rig.names({})
        (product.folder / "netrc").write_text("default login spy password spy\n")
        (product.folder / "netrc").chmod(0o600)
        product.start()
        yield rig


@pytest.fixture
def rig(running: Rig) -> Iterator[Rig]:
    """With one worker of webhooks, which delivers; nothing has reached the trap when the test is over."""
    running.restore()
    yield running
    assert running.trap.connections == 0


@pytest.fixture
def tenant(rig: Rig) -> Tenant:
    return rig.tenant()


@pytest.fixture
def ledger(rig: Rig, request: pytest.FixtureRequest) -> Ledger:
    return Ledger(request.node, time.monotonic())


@pytest.fixture(scope="module")
def crowd(running: Rig) -> Iterator[Crowd]:
    """Many signups at once; the product is what it was when they are over."""
    running.restore()
    usual = dict(running.product.settings)
    gathered = Crowd(running)
    yield gathered
    gathered.product.clear_scenarios()
    running.product.settings = usual
    gathered.work(8)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [
        report for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, [])
    ]
    for heading, named, told in (
        ("what was stored under each fault, and what arrived", PROPERTY, lines),
        ("what Meta sent under each fault", incoming.PROPERTY, incoming.lines),
        ("signups under each fault of each call", signup_report.PROPERTY, signup_report.lines),
        ("signups while processes and servers die in turn", signup_report.LOOP, list),
    ):
        rows = [value for report in reports for name, value in report.user_properties if name == named]
        if rows:
            terminalreporter.section(heading)
            for line in told(rows):
                terminalreporter.write_line(line)
