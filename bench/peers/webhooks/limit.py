"""The most that `requests` can do: a kept session in 32 threads, signed bodies, nothing stored.

Prints one line of JSON: the seconds that it took, its CPU seconds, and for each event its id and the Unix
time at which it was handed to the threads. Without `--rate` all are handed over at once.
"""

import argparse
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from itertools import cycle, islice

import orjson
import requests
from requests.adapters import HTTPAdapter
from ulid import ULID

from bench.peers.webhooks.bodies import DATA, NAME
from webhooks.signing import attempt_headers, generate_secret

THREADS = 32
WARM_UP = 500


class Sender:
    """Signs and sends as the product's attempts are signed."""

    def __init__(self, hosts: int) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.mount("http://", HTTPAdapter(pool_connections=hosts, pool_maxsize=THREADS))
        self.secret = generate_secret()
        moment = "2026-01-15T10:35:00.000Z"
        envelope = {"event": NAME, "timestamp": moment, "organizationId": str(ULID().to_uuid()), "data": DATA}
        self.body = orjson.dumps(envelope)

    def send(self, event_id: str, url: str) -> None:
        headers = attempt_headers(
            event_id=event_id,
            event_name=NAME,
            body=self.body,
            signing=[self.secret],
            attempt=1,
            at=datetime.now(UTC),
        )
        answer = self.session.post(url, data=self.body, headers=headers, timeout=10, allow_redirects=False)
        answer.raise_for_status()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, required=True)
    parser.add_argument("--rate", type=float, help="deliveries a second")
    parser.add_argument("urls", nargs="+")
    options = parser.parse_args()
    sender = Sender(len(options.urls))
    with ThreadPoolExecutor(THREADS) as threads:
        jobs = [(f"evt_{ULID()}", url) for url in islice(cycle(options.urls), options.deliveries)]
        list(threads.map(partial(sender.send, "evt_warm_up"), islice(cycle(options.urls), WARM_UP)))
        began, used = time.monotonic(), time.process_time()
        handed = {}
        running = []
        for number, (event_id, url) in enumerate(jobs):
            if options.rate:
                time.sleep(max(0, began + number / options.rate - time.monotonic()))
            handed[event_id] = time.time()
            running.append(threads.submit(sender.send, event_id, url))
        for future in running:
            future.result()
        seconds, cpu = time.monotonic() - began, time.process_time() - used
    print(json.dumps({"seconds": seconds, "cpu": cpu, "handed": handed}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
