"""`Idempotency-Key`: a POST that is sent again is answered again, and not done again.

Every POST of an OrganizationViewSet has it by itself. A view says one thing: which of its actions commit by
themselves (`asks_meta`, `commits_itself`), because they wait for the network or work in batches.

- The others run in one transaction, from `self.validated(...)` on, that their answer is stored in: both are
  committed, or neither. They call `self.validated(Input)` before they change anything, and nothing over the
  network after it.
- Those that commit by themselves are claimed first (a row with a lease, committed) and their answer is stored
  afterwards. Where the process dies in between the claim expires, and the same key runs the action again;
  unless the change was bound to the key, which is for changes that must not be made twice:

      with transaction.atomic():                                  # the transaction that stores the change
          message = Message.objects.create(...)
          idempotency.bind(request, f"message:{message.pk}")

  `bind` does nothing without a key. It raises a 409, so that the transaction is rolled back, where the claim
  has expired in the meantime and somebody else has taken it. From its commit on the action is never run again
  under that key. Until the answer is stored, the same key is answered by the view's method

      def answer_again(self, request: Request, bound: str) -> Response:

  (`bound` as given to `bind`; the gate was passed, `self.action` and `self.kwargs` are the action's own),
  each time anew: its answer is not stored. What the action answers or raises after `bind`: a 2xx is stored; a
  4xx other than 429 says that nothing came of it, and frees the key; a 429, a 5xx and what nobody foresaw
  leave it bound.

A multipart body counts by its parts, files by their bytes, so that another boundary is the same request: its
parser gives DRF's `QueryDict` and `FILES`, with files that can be read again.
"""

from organizations.idempotency.asking import has_key
from organizations.idempotency.claims import bind
from organizations.idempotency.running import answered

__all__ = ["answered", "bind", "has_key"]
