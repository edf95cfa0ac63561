"""What Meta tells of a phone's messages and people, one function a kind.

Each runs in the caller's transaction, calls nobody, and does nothing the second time. Each raises
UnreadableError for what it cannot read, and nothing is stored then; `receive_status` TooEarlyError too.
"""

from inbox.receiving.echoes import receive_echo
from inbox.receiving.errors import TooEarlyError, UnreadableError
from inbox.receiving.history import receive_history
from inbox.receiving.messages import receive_message
from inbox.receiving.preferences import receive_preference
from inbox.receiving.state_sync import receive_state_sync
from inbox.receiving.statuses import receive_status
from inbox.receiving.user_ids import receive_user_id_update

__all__ = [
    "TooEarlyError",
    "UnreadableError",
    "receive_echo",
    "receive_history",
    "receive_message",
    "receive_preference",
    "receive_state_sync",
    "receive_status",
    "receive_user_id_update",
]
