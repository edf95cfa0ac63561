"""A web server's process that answers the requests it is ordered to make, and dies at a given statement.

An order is one line of JSON, its answer another; see tests/faults/publisher.py. Where to die: at the first
statement that begins with `statement`, `before` or `after` it is executed, or when it is `committed`.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import django

django.setup()

from django.db import connection, transaction  # noqa: E402 - after the setup above
from django.test import Client  # noqa: E402


@dataclass
class Death:
    statement: str
    when: str

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(self.statement):
            return execute(sql, params, many, context)
        if self.when == "before":
            kill_ourselves()
        done = execute(sql, params, many, context)
        if self.when == "after":
            kill_ourselves()
        transaction.on_commit(kill_ourselves)
        return done


def kill_ourselves() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def answer(path: str, body: Any, headers: dict[str, str], death: list[str] | None) -> dict[str, Any]:
    with ExitStack() as stack:
        if death:
            stack.enter_context(connection.execute_wrapper(Death(*death)))
        client = Client(raise_request_exception=False)
        got: Any = client.post(f"/v1/{path}", body, content_type="application/json", headers=headers)
    return {"status": got.status_code, "headers": dict(got.headers), "text": got.content.decode()}


def main() -> None:
    for line in sys.stdin:
        sys.stdout.write(json.dumps({"done": answer(**json.loads(line))}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
