"""`manage.py run`: everything in one process, one whole signup by itself, and then it stays up."""

import json
import logging.config
import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from development import processes
from development.demo_data import Demo, demo
from development.walk import Walk, WalkFailedError


class Command(BaseCommand):
    help = "Starts web, worker, scheduler and sandbox in this process, and shows one signup. Ctrl-C stops it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
        parser.add_argument("--no-demo", action="store_true", help="start only: no demonstration signup")
        parser.add_argument("--once", action="store_true", help="stop after the demonstration")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SANDBOX:
            raise CommandError("`run` is for the sandbox. In production start the processes of the guide.")
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        call_command("migrate", verbosity=0, interactive=False)
        known = demo()
        self.log_to_file()
        self.start(options["host"])
        if not options["no_demo"]:
            self.show(known)
        if options["once"]:
            return
        self.invite(known)
        stopped.wait()
        self.stdout.write("Stopped. The data are kept.")

    def log_to_file(self) -> None:
        """The terminal shows the demonstration and what goes wrong; the rest is in the log file.

        Written into the setting: Celery sets Django up once more, logging included.
        """
        settings.LOGGING["handlers"] |= {
            "stderr": settings.LOGGING["handlers"]["stderr"] | {"level": "WARNING"},
            "file": {"class": "logging.FileHandler", "formatter": "lines", "filename": str(self.log_path)},
        }
        settings.LOGGING["root"]["handlers"] = ["stderr", "file"]
        logging.config.dictConfig(settings.LOGGING)

    @property
    def log_path(self) -> Path:
        return Path(settings.DATA_DIR) / "gangway.log"

    def start(self, host: str) -> None:
        try:
            processes.start_sandbox(host)
            processes.start_web(host)
        except OSError as taken:
            raise CommandError(
                f"{taken.strerror}: PUBLIC_BASE_URL ({settings.PUBLIC_BASE_URL}) or SANDBOX_URL "
                f"({settings.SANDBOX_URL}) names a port that is in use. Set another one in .env."
            ) from None
        processes.start_worker()
        processes.start_scheduler()

    def show(self, known: Demo) -> None:
        self.stdout.write("\nOne signup by itself, against the sandbox, over real HTTP:\n")
        walk = Walk(settings.PUBLIC_BASE_URL, settings.SANDBOX_URL, known.api_key, self.say)
        try:
            link = walk.run()
        except WalkFailedError as failure:
            raise CommandError(f"{failure}. See {self.log_path}.") from None
        self.stdout.write("\nThe completed link, as the API shows it:\n")
        self.stdout.write(json.dumps(link, indent=2, ensure_ascii=False))

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def invite(self, known: Demo) -> None:
        """A second link to click, and where everything is."""
        pending = Walk(settings.PUBLIC_BASE_URL, settings.SANDBOX_URL, known.api_key, self.say).create_link(
            "Acme Corp"
        )
        base, sandbox = settings.PUBLIC_BASE_URL, settings.SANDBOX_URL
        for label, value in (
            ("click this link", pending["hostedUrl"]),
            ("API key", known.api_key),
            ("API documentation", f"{base}/v1/docs"),
            ("admin", f"{base}/admin/   ({known.admin_user} / {known.admin_password})"),
            ("webhooks received", f"{sandbox}/receiver/demo"),
            ("sandbox (fake Meta)", sandbox),
            ("log", str(self.log_path)),
        ):
            self.stdout.write(f"  {label:<20} {value}")
        self.say("\nCtrl-C stops all of it.")
