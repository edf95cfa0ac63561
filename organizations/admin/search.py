"""What somebody pasted into a search box: one of our ids, Meta's digits, a phone number, or words."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from uuid import UUID

from django.db.models import Q

# Also inside of a pasted address such as a link's hosted URL.
# Or in the block of details that an end-user copies: a box of one line takes the breaks out of it, so that
# the next word, in whatever language, follows the last digit at once.
OUR_ID = re.compile(
    r"(?<![0-9a-f])(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32}(?![0-9a-f]))",
    re.IGNORECASE | re.ASCII,
)
# What people write between the digits of a phone number.
BETWEEN_DIGITS = "+-()[]./"


@dataclass(frozen=True)
class Columns:
    """Where a search looks, as paths of lookups. `ids`: UUIDs. `numbers`: Meta's ids, whole.

    `phones`: E.164, in part too. `tokens`: one word, whole, such as an event's id or Meta's trace id.
    """

    ids: Sequence[str] = ()
    numbers: Sequence[str] = ()
    phones: Sequence[str] = ()
    tokens: Sequence[str] = ()

    def conditions(self, term: str) -> Iterator[Q]:
        """One condition a column that `term` may be found in; none for plain words."""
        our_id, digits, token = our_id_of(term), digits_of(term), token_of(term)
        if our_id:
            yield from (Q((path, our_id)) for path in self.ids)
        if digits:
            yield from (Q((path, digits)) for path in self.numbers)
            yield from (Q((f"{path}__contains", digits)) for path in self.phones)
        if token:
            yield from (Q((path, token)) for path in self.tokens)


def conditions_in_words(fields: Iterable[str], term: str) -> Iterator[Q]:
    """Rows that have each of the words in one of their own fields; or all in one field of another row.

    The own ones are read together, of an index that holds them. A field after `=` has the term whole.
    """
    words, fields = term.split(), list(fields)
    own = [field for field in fields if "__" not in field and not field.startswith("=")]
    if own:
        yield reduce(
            and_, (reduce(or_, (Q((f"{field}__icontains", word)) for field in own)) for word in words)
        )
    for field in fields:
        if field.startswith("="):
            yield Q((field.removeprefix("="), " ".join(words)))
        elif field not in own:
            yield reduce(and_, (Q((f"{field}__icontains", word)) for word in words))


def our_id_of(term: str) -> UUID | None:
    """The UUID in `term`, with hyphens or without, alone or in a longer address."""
    found = OUR_ID.search(term)
    return UUID(found[0]) if found else None


def digits_of(term: str) -> str | None:
    """The digits of `term` when it is a number in whatever form; an international 00 is taken off."""
    kept = "".join(
        character
        for character in term
        if character not in BETWEEN_DIGITS and unicodedata.category(character) not in {"Zs", "Pd", "Cf", "Cc"}
    )
    if not (kept.isascii() and kept.isdigit()):
        return None
    return kept.removeprefix("00") or None


def token_of(term: str) -> str | None:
    words = term.split()
    return words[0] if len(words) == 1 else None
