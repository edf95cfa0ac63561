"""The process of tests/faults/publisher.py, from outside: it is given orders and says what came of them."""

import json
import os
import signal
import subprocess
from contextlib import suppress
from typing import Any

from tests.e2e.product import PYTHON, ROOT, Product


class OrderFailedError(Exception):
    """The publisher could not do it; the text is its traceback."""


class Publisher:
    """Started by its first order, and again by the first one after its death."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.running: subprocess.Popen[str] | None = None

    def begin(self, order: str, **given: Any) -> None:
        if self.running is None or self.running.poll() is not None:
            self.start()
        assert self.running is not None
        assert self.running.stdin is not None
        self.running.stdin.write(json.dumps({"order": order, **given}) + "\n")
        self.running.stdin.flush()

    def result(self) -> Any:
        """Raises EOFError when the process has died, OrderFailedError when it could not do it."""
        assert self.running is not None
        assert self.running.stdout is not None
        line = self.running.stdout.readline()
        if not line:
            self.kill()
            raise EOFError
        answer = json.loads(line)
        if "raised" in answer:
            raise OrderFailedError(answer["raised"])
        return answer["done"]

    def do(self, order: str, **given: Any) -> Any:
        self.begin(order, **given)
        return self.result()

    def start(self) -> None:
        with (self.product.folder / "publisher.log").open("ab") as log:
            self.running = subprocess.Popen(
                [PYTHON, "-m", "tests.faults.publisher"], cwd=ROOT, env=self.product.environment, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        if self.running is None:
            return
        if self.running.poll() is None:
            os.killpg(self.running.pid, signal.SIGKILL)
        for pipe in (self.running.stdin, self.running.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        self.running.wait()
        self.running = None
