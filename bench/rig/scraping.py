"""A scrape of /metrics, as far as it asks the database."""

from django.utils import timezone

from backoffice import gauges
from bench.rig.timing import Spent, spent_in_database


def scrape() -> Spent:
    with spent_in_database() as spent:
        gauges.read(timezone.now())
    return spent
