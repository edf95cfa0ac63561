"""The engine of outgoing webhooks: claim rows, send without a database connection, settle what came of it.

No Celery in here, and no clock: whoever calls says what time it is.
"""

from webhooks.delivery.claiming import Claimed, claim, release
from webhooks.delivery.recovery import is_anything_due, recover
from webhooks.delivery.sending import Outcome, send
from webhooks.delivery.settling import settle

__all__ = ["Claimed", "Outcome", "claim", "is_anything_due", "recover", "release", "send", "settle"]
