"""How long `rotate_encryption_key` takes, killed in the middle and run again, while others read and write.

A tenth of the rows are accounts with a token, a tenth numbers with a PIN, the rest stored answers. Fails
when a secret is not under the newest key in the end, a read or a write meanwhile fails, or anything that
was written is lost. `-- --rows 1000000` for the size that docs/guides/operations.md tells of.
"""

import argparse
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median, quantiles
from uuid import UUID

from cryptography.fernet import Fernet
from django.conf import settings
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from bench.rig.database import migrated_database
from bench.rig.figures import Bound, table, verdicts
from bench.rig.processes import ROOT
from organizations.models import IdempotencyKey
from organizations.services import create_organization
from phones.models import PhoneNumber
from wabas.models import Waba

ROWS = 50_000
OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))
# A reader and a writer act so often a second, on so many accounts; this long before anything is rotated.
PACE, ACCOUNTS, BEFORE_SECONDS = 50.0, 200, 10.0
COPIES = """
    INSERT INTO {table} SELECT copy.* FROM {table} row, generate_series(1, %s) n,
        LATERAL jsonb_populate_record(row, {changes}) copy
"""


@dataclass
class Walker:
    """Somebody who does one thing at a pace; the milliseconds that each time took."""

    act: Callable[[], None]
    taken: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        begun, number = time.monotonic(), 0
        while not self.stopping.wait(max(0.0, begun + number / PACE - time.monotonic())):
            number += 1
            began = time.perf_counter()
            try:
                self.act()
            except Exception as failure:  # noqa: BLE001 - counted, and the bench fails by it
                self.failures.append(repr(failure)[:200])
            self.taken.append((time.perf_counter() - began) * 1000)
        connection.close()


@dataclass
class Others:
    """A reader and a writer of tokens, with both keys as step 2 of the guide has them."""

    accounts: list[UUID]
    written: dict[UUID, str] = field(default_factory=dict)

    def read(self) -> None:
        if not Waba.objects.get(pk=random.choice(self.accounts)).access_token:
            raise RuntimeError("a token is gone")

    def write(self) -> None:
        chosen = random.choice(self.accounts)
        self.written[chosen] = f"EAA-{random.random()}"
        Waba.objects.filter(pk=chosen).update(access_token=self.written[chosen])

    def for_as_long_as(self, work: Callable[[], None]) -> list[Walker]:
        walkers = [Walker(self.read), Walker(self.write)]
        threads = [threading.Thread(target=walker.run) for walker in walkers]
        for thread in threads:
            thread.start()
        try:
            work()
        finally:
            for walker, thread in zip(walkers, threads, strict=True):
                walker.stopping.set()
                thread.join()
        return walkers

    def lost(self) -> int:
        kept = Waba.objects.in_bulk(list(self.written))
        return sum(kept[pk].access_token != token for pk, token in self.written.items())


@dataclass
class Run:
    """The command once: seconds, exit status, last line."""

    name: str
    seconds: float
    status: int
    said: str


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=ROWS)
    count = parser.parse_args().rows
    with migrated_database() as url:
        settings.FIELD_ENCRYPTION_KEYS = [OLD]
        fill(count)
        # Both keys, the new one first: everybody reads both, and writes the new one.
        settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
        others, runs = Others(list(Waba.objects.values_list("pk", flat=True)[:ACCOUNTS])), []
        before = others.for_as_long_as(lambda: time.sleep(BEFORE_SECONDS))
        while_rotated = others.for_as_long_as(lambda: runs.extend(rotations(url, count)))
        settings.FIELD_ENCRYPTION_KEYS = [NEW]
        return report(count, runs, before, while_rotated, others.lost())


def fill(count: int) -> None:
    """One row of each kind by its model, the others copied by PostgreSQL."""
    organization, now = create_organization(name="Bench"), timezone.now()
    waba = Waba.objects.create(
        organization=organization, meta_waba_id="w", access_token="E" * 200, status=Waba.Status.DISCONNECTED
    )
    PhoneNumber.objects.create(
        organization=organization, waba=waba, meta_phone_number_id="p", phone_number="+1555", pin="123456"
    )
    IdempotencyKey.objects.create(
        organization=organization, key_hash="k", fingerprint="f" * 64, answer="a" * 600, status=201,
        kept_until=now + timedelta(days=1), id=0,
    )  # fmt: skip
    copied(Waba, count // 10, "'id', gen_random_uuid(), 'meta_waba_id', n::text")
    copied(PhoneNumber, count // 10, "'id', gen_random_uuid(), 'meta_phone_number_id', n::text")
    copied(IdempotencyKey, count - 2 * (count // 10), "'id', n, 'key_hash', n::text")


def copied(model: type[Model], count: int, changes: str) -> None:
    name = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(COPIES.format(table=name, changes=f"jsonb_build_object({changes})"), [count - 1])
        cursor.execute(f"ANALYZE {name}")


def rotations(url: str, count: int) -> list[Run]:
    """Killed about in the middle, then again to its end, again with nothing to do, and the check."""
    return [
        once("killed in the middle", url, until=count // 2),
        once("again, to its end", url),
        once("again, nothing to do", url),
        once("--check", url, "--check"),
    ]


def once(name: str, url: str, *options: str, until: int | None = None) -> Run:
    """`until`: SIGKILL as soon as it says that it has looked at so many rows."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "TEST_REDIS_URL"}}
    environment = kept | {
        "DJANGO_SETTINGS_MODULE": "config.settings", "READ_DOT_ENV": "false", "DEBUG": "true",
        "DATABASE_URL": url, "FIELD_ENCRYPTION_KEYS": f"{NEW},{OLD}", "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    began, last = time.monotonic(), ""
    with subprocess.Popen(
        [sys.executable, "manage.py", "rotate_encryption_key", *options],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        for line in process.stdout or ():
            last = line.strip() or last
            if until is not None and " rows looked at" in last and int(last.split()[0]) >= until:
                process.kill()
    return Run(name, time.monotonic() - began, process.returncode, last)


def spread(name: str, walkers: list[Walker]) -> list[list[str]]:
    return [
        [f"{who}, {name}", str(len(walker.taken)), str(len(walker.failures)), f"{median(walker.taken):.1f}",
         f"{quantiles(walker.taken, n=100)[98]:.1f}", f"{max(walker.taken):.1f}"]
        for who, walker in zip(("reads", "writes"), walkers, strict=True)
    ]  # fmt: skip


def report(count: int, runs: list[Run], before: list[Walker], during: list[Walker], lost: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
        fsync, commit = cursor.fetchone()
    print(f"{count:,} rows; fsync {fsync}, synchronous_commit {commit}\n")
    print(
        table(
            ["rotate_encryption_key", "seconds", "status"],
            [[one.name, f"{one.seconds:.0f}", str(one.status)] for one in runs],
        )
    )
    for one in runs:
        print(f"  {one.name}: {one.said}")
    head = ["beside it", "times", "failed", "median ms", "p99", "worst"]
    print(f"\n{table(head, [*spread('before', before), *spread('meanwhile', during)])}\n")
    failures = [failure for walker in during for failure in walker.failures]
    bounds = [
        Bound(
            "exit status of what was not killed",
            str([one.status for one in runs[1:]]),
            not any(one.status for one in runs[1:]),
        ),
        Bound("it was killed on its way", str(runs[0].status), runs[0].status < 0),
        Bound("reads and writes that failed", str(failures[:3]), not failures),
        Bound("what was written and lost", str(lost), lost == 0),
    ]
    print(verdicts(bounds))
    return 0 if all(bound.is_held for bound in bounds) else 1


if __name__ == "__main__":
    sys.exit(main())
