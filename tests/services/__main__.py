"""Run the tests beside servers of their own: `python -m tests.services [--module NAME] -- ARGUMENTS`.

TEST_DATABASE_URL, TEST_REDIS_URL, CHROMIUM, NODE and PHP name what to use. What they do not name is found
(or installed, as root on Debian), started for this run and then named in them. What cannot be had is
listed in GANGWAY_TEST_MISSING for the tests, and said loudly at the end; where CI is set, the run
ends with 2 instead. A developer may set GANGWAY_TEST_MISSING to leave something out on purpose.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

from tests.services.provision import SERVICES, Provision, provided
from tests.services.stopping import StopRequestedError, note_signals, pause

GRACE_SECONDS = 10
UNPROVIDED = 2


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.services",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--module", default="pytest", help="what to run instead of pytest")
    parser.add_argument("arguments", nargs="*", metavar="ARGUMENTS", help="what it is given")
    options = parser.parse_args()
    note_signals()
    provision, begun = Provision(), time.monotonic()
    try:
        with provided(provision, say):
            had = [service.name for service in SERVICES if service.name not in provision.missing]
            say(f"{', '.join(had) or 'no services'}: ready in {time.monotonic() - begun:.1f} s")
            if provision.missing and os.environ.get("CI"):
                return UNPROVIDED
            return run([sys.executable, "-m", options.module, *options.arguments], provision.environment)
    except StopRequestedError as request:
        return 128 + request.signal_number
    finally:
        report(provision.missing)


def run(command: Sequence[str], environment: dict[str, str]) -> int:
    """Run the tests to their end or to a request to stop; return their exit code."""
    tests = subprocess.Popen(command, env=environment)
    try:
        while tests.poll() is None:
            pause(0.05)
    except StopRequestedError as request:
        stop(tests, request)
        raise
    return tests.returncode if tests.returncode >= 0 else 128 - tests.returncode


def stop(tests: subprocess.Popen[bytes], request: StopRequestedError) -> None:
    """Let the tests end by themselves, so that their fixtures stop what they started.

    A Ctrl-C in the terminal went to them as well as to us; any other signal came to us alone.
    """
    if request.signal_number == signal.SIGINT and ended(tests):
        return
    tests.send_signal(signal.SIGINT)
    if not ended(tests):
        tests.kill()
        tests.wait()


def ended(tests: subprocess.Popen[bytes]) -> bool:
    try:
        tests.wait(timeout=GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def report(missing: dict[str, str]) -> None:
    if not missing:
        return
    rule = "!" * 100
    lead = (
        "The run FAILS, because CI is set and it has"
        if os.environ.get("CI")
        else "NOT EVERYTHING WAS RUN, with"
    )
    say(f"\n{rule}\n{lead} no {' and no '.join(missing)}.")
    for service in SERVICES:
        if service.name in missing:
            remedy = (
                f"Install {service.packages[0]} (as root on Debian, this does), or set {service.variable}."
            )
            say(f"  {service.name}: {missing[service.name]}. {remedy}")
    say(rule)


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
