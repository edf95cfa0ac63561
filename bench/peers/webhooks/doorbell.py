"""How the product's own code rings: once a transaction, whatever it stored."""

from webhooks.models import Event
from webhooks.tasks import ring_on_commit


def ring(_event: Event) -> None:
    ring_on_commit()
