"""The partner's pool of pre-verified numbers: what is in it, for how long it is proven, and who claims it.

An entry is no phone number yet: a signup replaces it with one, inside the customer's account.
"""

from meta_graph.sandbox.numbers import digits_of
from meta_graph.sandbox.state import State
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json

KIND = "preverified_number"
LIFE = 90 * 86400  # seconds that a code proves a number for


def find(state: State, number: str) -> Json | None:
    """The pool's entry of a number, in whatever form."""
    wanted = digits_of(number)
    return next((entry for entry in state.of_kind(KIND) if digits_of(entry["phone_number"]) == wanted), None)


def of_id(state: State, identifier: str) -> Json | None:
    """None where there is no such entry, or no more."""
    entry = state.objects.get(identifier)
    return entry if entry is not None and entry["kind"] == KIND else None


def add(world: World, number: str) -> Json:
    return world.state.add(
        KIND,
        business=world.config.business_id,
        phone_number=number,
        verification_code=None,
        verified_at=None,
    )


def status(world: World, entry: Json) -> str:
    """In Meta's words."""
    if entry["verified_at"] is None:
        return "NOT_VERIFIED"
    return "VERIFIED" if world.now() < entry["verified_at"] + LIFE else "EXPIRED"


def claim(state: State, number: str) -> bool:
    """Takes the number's entry out of the pool. False: there was none."""
    entry = find(state, number)
    if entry is None:
        return False
    del state.objects[entry["id"]]
    return True
