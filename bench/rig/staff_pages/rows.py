"""The rows whose pages are opened: the one that has the most of everything, and an ordinary one."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Model

from bench.rig.customers.filling import row_id

KINDS = {
    "onboardinglink": "link", "phonenumber": "phone", "waba": "waba", "outgoingwebhook": "endpoint",
    "organization": "organization", "delivery": "delivery", "apikey": "key", "contact": "contact",
    "conversation": "conversation", "message": "message", "registerednumber": "registered",
    "sharedinboxlink": "shared", "userrequest": "request",
}  # fmt: skip
ORDINARY = 7


def first_rows() -> dict[str, Any]:
    return {kind: row_id(kind) for kind in ("signup", "link")}


def several(model: type[Model]) -> list[str]:
    """Ids of some, the same ones however many there are."""
    name = str(model._meta.model_name)
    if name in KINDS:
        return [str(row_id(KINDS[name], place)) for place in range(1, 9)]
    return [str(pk) for pk in model._default_manager.order_by("pk").values_list("pk", flat=True)[:8]]


def looked_at(model: type[Model]) -> Iterator[tuple[str, Model]]:
    """Words and row; of a kind with other ids the first and another one."""
    name = str(model._meta.model_name)
    rows = model._default_manager.order_by("pk")
    if name in KINDS:
        chosen = [rows.get(pk=row_id(KINDS[name], place)) for place in (1, ORDINARY)]
    else:
        chosen = list(rows[:1]) + list(rows[ORDINARY : ORDINARY + 1])
    yield from zip(("the fullest", "another"), chosen, strict=False)
