"""The processes of the measurement: Meta, web servers, workers, scheduler, receiver; and one customer."""

import json
import math
import subprocess
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from bench.rig.cpu import cpu_seconds
from bench.rig.environment import RECEIVER_HERE, production
from bench.rig.processes import Processes
from bench.rig.webhooks.line import Receiver, wait_until
from organizations.services import create_organization
from phones.models import PhoneNumber
from tests.services.process import NotStartedError, end, free_port, last_lines
from wabas.models import Waba
from webhooks.services import create_webhook

SECRET = "the-app-secret-of-the-measurement"
WABA = "102290129340398"
PHONES = tuple(f"10654035224292{number}" for number in range(5))
OURS, BARE = "ours", "bare insert"
APPLICATIONS = {OURS: "config.wsgi:application", BARE: "bench.peers.inbound.bare:application"}
EVENTS = """
    SELECT id, convert_from(body, 'UTF8')::jsonb #>> '{data,wamid}' FROM webhooks_event
    WHERE name = 'message.received' AND convert_from(body, 'UTF8')::jsonb #>> '{data,wamid}' LIKE %s
"""


class RefusedError(RuntimeError):
    """Something else than 200 was answered, or nothing."""


@dataclass(frozen=True)
class Posts:
    """What Meta's side noted: when each POST began (Unix time), and how long its answer took, in seconds."""

    mark: str
    seconds: float
    began: Sequence[float]
    lasted: Sequence[float]

    @property
    def rate(self) -> float:
        return len(self.lasted) / self.seconds


def ms(seconds: Sequence[float], share: float) -> float:
    """What `share` of them did not exceed, in milliseconds."""
    return sorted(seconds)[math.ceil(share * len(seconds)) - 1] * 1000


class Line:
    """Everything between Meta and the receiver, over one database and one Redis."""

    def __init__(self, running: Processes, database_url: str) -> None:
        self.running, self.receiver = running, Receiver(running)
        self.environment = (
            production(running.folder, database_url) | RECEIVER_HERE | {"META_APP_SECRET": SECRET}
        )
        self.urls: dict[str, str] = {}
        self.programs: dict[str, subprocess.Popen[bytes]] = {}

    def start_web(self) -> None:
        for name, application in APPLICATIONS.items():
            port = free_port()
            self.programs[name] = self.running.web(
                name.replace(" ", "-"), application, port=port, environment=self.environment
            )
            self.urls[name] = f"http://127.0.0.1:{port}/webhook/meta"

    def start_workers(self) -> None:
        """As the README starts them."""
        queues = "signup,messages,maintenance"
        for name, command in {
            "steps": ("worker", "-P", "threads", "-c", "16", "-Q", queues, "-n", "steps@%h"),
            "deliveries": ("worker", "-P", "threads", "-c", "2", "-Q", "webhooks", "-n", "deliveries@%h"),
            "scheduler": ("beat",),
        }.items():
            self.programs[name] = self.running.start(
                name, "celery", "-A", "config", *command, environment=self.environment
            )

    def make_customer(self) -> None:
        """Five connected numbers, and an endpoint for every event."""
        organization = create_organization(name="Bench")
        waba = Waba.objects.create(organization=organization, meta_waba_id=WABA, connected_at=timezone.now())
        for number, meta_id in enumerate(PHONES):
            PhoneNumber.objects.create(
                organization=organization,
                waba=waba,
                meta_phone_number_id=meta_id,
                phone_number=f"+1555078388{number}",
            )
        create_webhook(organization=organization, url=self.receiver.url_of(0), events=["*"])

    def cpu(self) -> dict[str, float]:
        return {name: cpu_seconds(program.pid) for name, program in self.programs.items() if name != BARE}

    def posted(self, name: str, posts: int, *arguments: str, phones: Sequence[str] = PHONES) -> Posts:
        """By a process of its own. Raises RefusedError."""
        mark = uuid.uuid4().hex
        command = ("bench.rig.inbound.meta", "--url", self.urls[name], "--secret", SECRET, "--mark", mark,
                   "--waba", WABA, "--posts", str(posts), *arguments, "--phones", *phones)  # fmt: skip
        log = self.running.log(mark)
        program = self.running.start(mark, *command, environment={})
        try:
            code = program.wait(timeout=300)
        finally:
            end(program)
        if code:
            raise NotStartedError(f"Meta: {last_lines(log)}")
        said = json.loads(log.read_text().splitlines()[-1])
        log.unlink()
        refused = {status for _, _, status in said["posts"]} - {200}
        if refused:
            raise RefusedError(f"{name}: {refused}")
        return Posts(mark, said["seconds"], *([row[place] for row in said["posts"]] for place in (0, 1)))

    def arrivals(self, posts: Posts, messages: int, patience: float = 60.0) -> dict[str, float]:
        """When each message's event came to the receiver, by the message's id."""
        pattern, found = f"wamid.{posts.mark}.%", dict[str, str]()

        def is_all_there() -> bool:
            nonlocal found
            with connection.cursor() as cursor:
                cursor.execute(EVENTS, [pattern])
                found = dict(cursor.fetchall())
            return len(found) == messages and found.keys() <= self.receiver.arrivals().first.keys()

        ends = time.monotonic() + patience
        while not is_all_there() and time.monotonic() < ends:
            time.sleep(0.5)
        first = self.receiver.arrivals().first
        return {wamid: first[event] for event, wamid in found.items() if event in first}

    def is_ready(self) -> bool:
        """The workers run, and what comes goes out."""
        posts = self.posted(OURS, 5)
        return wait_until(lambda: len(self.arrivals(posts, 5, patience=1.0)) == 5, 60.0)


def forget_notifications() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE meta_events_notification CASCADE")
