"""`python -m meta_graph.sandbox`: runs the fake Meta by itself until it is interrupted."""

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path

from meta_graph.sandbox.server import Sandbox, SandboxConfig


def parser() -> argparse.ArgumentParser:
    """Secrets may also come from the environment, where `ps` does not show them."""
    environment = os.environ.get
    parser = argparse.ArgumentParser(prog="python -m meta_graph.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8100, help="0 takes a free one")
    parser.add_argument("--state", type=Path, help="JSON file that survives restarts; none: nothing does")
    parser.add_argument("--latency-ms", type=int, default=0, help="added to every Graph call")
    parser.add_argument("--app-id", default=environment("META_APP_ID", "670000000000001"))
    parser.add_argument("--app-secret", default=environment("META_APP_SECRET", "sandbox-app-secret"))
    parser.add_argument("--config-id", default=environment("META_CONFIG_ID", "780000000000001"))
    parser.add_argument(
        "--system-user-token", default=environment("META_SYSTEM_USER_TOKEN", "sandbox-system-user-token")
    )
    parser.add_argument("--system-user-id", default=environment("META_SYSTEM_USER_ID", "100000000000002"))
    parser.add_argument("--business-id", default=environment("META_BUSINESS_ID", "100000000000001"))
    parser.add_argument("--credit-line-id", default=environment("META_CREDIT_LINE_ID", ""))
    parser.add_argument("--callback-url", help="where Meta's webhooks go; none: they are not sent")
    parser.add_argument("--deauthorize-url", help="told when a customer removes the app")
    parser.add_argument("--data-deletion-url", help="told when a customer wants their data deleted")
    parser.add_argument(
        "--verify-token", default=environment("META_WEBHOOK_VERIFY_TOKEN", "sandbox-verify-token")
    )
    return parser


def main() -> None:
    arguments = vars(parser().parse_args())
    host, port = arguments.pop("host"), arguments.pop("port")
    sandbox = Sandbox(SandboxConfig(state_path=arguments.pop("state"), **arguments), host, port).start()
    sys.stdout.write(json.dumps({"url": sandbox.url}) + "\n")
    sys.stdout.flush()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    sandbox.stop()


if __name__ == "__main__":
    main()
