"""Many people at once, as an old chat or an address book names them: a few queries, however many they are.

Somebody without a conversation is nobody that a client was told of: what is learnt of them is not told.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from django.db import IntegrityError
from django.db.models import Exists, OuterRef
from django.utils import timezone

from inbox.contacts import TRIES, candidates, known, locked, new_contact, take_number_from
from inbox.identity import TOLD, Identity, are_two, current, matching, take_over
from inbox.models import Contact, ContactAlias, Conversation
from phones.models import PhoneNumber

BATCH = 1000
Key = tuple[str, str]


class People:
    """The contacts that some identities may be, locked, found by any of their names."""

    def __init__(self, phone: PhoneNumber, identities: Sequence[Identity]) -> None:
        self.phone = phone
        self.by_name: dict[Key, list[Contact]] = defaultdict(list)
        self.made: list[Contact] = []
        self.changed: dict[object, Contact] = {}
        self.read(identities)
        self.former = former_ids(phone, identities)

    def read(self, identities: Sequence[Identity]) -> None:
        has_chat = Exists(Conversation.objects.filter(contact=OuterRef("pk")))
        for start in range(0, len(identities), BATCH):
            rows = candidates(self.phone, identities[start : start + BATCH])
            for row in rows.annotate(has_chat=has_chat):
                self.add(row)

    def add(self, row: Contact) -> None:
        for name in names_of_row(row):
            if row not in self.by_name[name]:
                self.by_name[name].append(row)

    def near(self, identity: Identity) -> list[Contact]:
        """Rows that share a name with the identity; those that were merged into another are gone."""
        rows = {row.pk: row for name in names_of(identity) for row in self.by_name.get(name, ()) if row.pk}
        return list(rows.values())

    def contact_of(self, identity: Identity) -> Contact:
        """The person's contact, made if need be; `save` writes it."""
        near = self.near(identity)
        found = matching(near, identity)
        if not found and (former := self.called_before(near, identity)):
            return former
        if not found:
            who = current(identity, near)
            self.free_number(near, who)
            made = new_contact(self.phone, who, {row.identifier for row in near})
            self.made.append(made)
            self.add(made)
            return made
        one = found[0]
        if self.is_simple(found, near, identity):
            if take_over(one, identity):
                self.changed[one.pk] = one
        else:
            self.save()
            if not all(row.pk for row in near):
                self.read([identity])
                return self.contact_of(identity)
            one = known(self.phone, found, near, identity)
        self.add(one)
        return one

    def called_before(self, near: Sequence[Contact], identity: Identity) -> Contact | None:
        """Whose BSUID this was: what an old chat says of ids is older than what the row says."""
        named = (row for row in near if row.identifier == identity.bsuid)
        return next(named, None) or self.former.get(identity.bsuid or "")

    def free_number(self, near: Sequence[Contact], identity: Identity) -> None:
        """Takes the number from whom it was before: from rows that are stored, for that is told."""
        if identity.wa_id and any(row.wa_id == identity.wa_id for row in near):
            self.save()
            take_number_from(self.phone, [row for row in near if row.pk], identity)

    def is_simple(self, found: Sequence[Contact], near: Sequence[Contact], identity: Identity) -> bool:
        """One row that no client was told of, and a number that nobody else has: nothing to join or tell."""
        is_alone = all(are_two(found[0], row) for row in found[1:])
        is_free = not any(row.wa_id == identity.wa_id for row in near if identity.wa_id and row != found[0])
        return is_alone and is_free and not vars(found[0]).get("has_chat", False)

    def save(self) -> None:
        """Rows whose names somebody else gave to a row just now are not stored, and have no id then."""
        now = timezone.now()
        # In one order for everybody: two who make the same people wait for each other, and not in a circle.
        made = sorted(self.made, key=lambda row: row.identifier)
        Contact.objects.bulk_create(made, batch_size=BATCH, ignore_conflicts=True)
        for start in range(0, len(made), BATCH):
            some = {row.pk: row for row in made[start : start + BATCH]}
            for pk in some.keys() - set(Contact.objects.filter(pk__in=some).values_list("pk", flat=True)):
                some[pk].pk = None
        for row in self.changed.values():
            row.updated_at = now
        columns = [*TOLD, "heard_at", "saved_name_at", "updated_at"]
        Contact.objects.bulk_update(self.changed.values(), columns, batch_size=BATCH)
        self.made, self.changed = [], {}


def former_ids(phone: PhoneNumber, identities: Sequence[Identity]) -> dict[str, Contact]:
    """The contacts whose BSUIDs some of the identities were, locked."""
    bsuids = [identity.bsuid for identity in identities if identity.bsuid]
    found: dict[str, Contact] = {}
    for start in range(0, len(bsuids), BATCH):
        some = ContactAlias.objects.filter(phone=phone, identifier__in=bsuids[start : start + BATCH])
        names = dict(some.values_list("identifier", "contact"))
        rows = {row.pk: row for row in locked().filter(pk__in=names.values())}
        found |= {name: rows[pk] for name, pk in names.items() if pk in rows}
    return found


def contacts_of(phone: PhoneNumber, identities: Iterable[Identity]) -> dict[Identity, Contact]:
    """The contact of each, locked and stored. None of them may be nobody."""
    wanted = sorted(set(identities), key=lambda one: one.identifier)
    people = People(phone, wanted)
    found = {identity: people.contact_of(identity) for identity in wanted}
    people.save()
    for _ in range(TRIES):
        # A later identity may have joined the rows of two earlier ones, or somebody else was quicker.
        gone = [identity for identity, row in found.items() if row.pk is None]
        if not gone:
            return found
        people.read(gone)
        found |= {identity: people.contact_of(identity) for identity in gone}
        people.save()
    raise IntegrityError("Somebody else makes the same contacts again and again.")


def names_of(identity: Identity) -> Iterator[Key]:
    yield "identifier", identity.identifier[0]
    if identity.bsuid:
        yield "bsuid", identity.bsuid
    for digits in identity.digits:
        yield "digits", digits
    if identity.username and not (identity.bsuid or identity.digits):
        yield "username", identity.username


def names_of_row(row: Contact) -> Iterator[Key]:
    yield "identifier", row.identifier
    for kind, value in (
        ("bsuid", row.bsuid),
        ("digits", row.wa_id),
        ("digits", row.phone_number),
        ("username", row.username),
    ):
        if value:
            yield kind, value
