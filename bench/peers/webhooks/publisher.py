"""An application that stores events at a pace, each in its own transaction, and rings as it is told.

Prints one line of JSON: for each event its id, its organization and the Unix time of its commit.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import cycle, islice

import django
from django.db import transaction
from django.utils.module_loading import import_string

from bench.peers.webhooks.bodies import DATA, NAME

django.setup()

from organizations.models import Organization  # noqa: E402 -- models can be imported from here on
from webhooks.events import publish  # noqa: E402
from webhooks.models import Event  # noqa: E402

Row = list[str | float]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ring", required=True, help="a function that is given each event, by its path")
    parser.add_argument("--organizations", required=True, help="how their names begin")
    parser.add_argument("--rate", type=float, required=True, help="events a second")
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    receivers = list(Organization.objects.filter(name__startswith=options.organizations).order_by("name"))
    rows: list[Row] = []
    ring: Callable[[Event], None] = import_string(options.ring)
    began = time.monotonic() + 0.2
    for number, organization in enumerate(islice(cycle(receivers), round(options.rate * options.seconds))):
        time.sleep(max(0, began + number / options.rate - time.monotonic()))
        happen(organization, ring, rows)
    print(json.dumps(rows))
    return 0


def happen(organization: Organization, ring: Callable[[Event], None], rows: list[Row]) -> None:
    with transaction.atomic():
        event = publish(organization=organization, name=NAME, data=DATA)
        # The first to run after the commit, before anybody rings.
        transaction.on_commit(partial(note, event, rows))
        ring(event)


def note(event: Event, rows: list[Row]) -> None:
    rows.append([event.pk, str(event.organization_id), time.time()])


if __name__ == "__main__":
    sys.exit(main())
