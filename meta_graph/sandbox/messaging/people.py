"""People of WhatsApp as a business sees them: a number, a business-scoped user id, perhaps a username.

https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
"""

import hashlib

from meta_graph.sandbox import numbers
from meta_graph.sandbox.state import State
from meta_graph.sandbox.wsgi import Json

DEFAULT_NUMBER = "16315550123"
COUNTRIES = {"1": "US", "33": "FR", "34": "ES", "39": "IT", "44": "GB", "49": "DE", "51": "PE",
             "52": "MX", "54": "AR", "55": "BR", "56": "CL", "57": "CO", "91": "IN", "972": "IL"}  # fmt: skip
NAMES = ("Ana Ruiz", "Bruno Costa", "Carla Gómez", "David Levi", "Elena Rossi", "Farid Haddad", "Grace Kim")


def with_number(state: State, business: str, number: str) -> Json:
    """The person of a number, who exists from the first use; the same one always gets the same user id."""
    digits = numbers.digits_of(number) or DEFAULT_NUMBER
    with state:
        return state.people.get(key(business, digits)) or add(state, business, digits)


def with_user_id(state: State, business: str, user_id: str) -> Json | None:
    """The person behind a user id (or a parent's); None for one of another business, or of nobody."""
    with state:
        for person in state.people.values():
            if user_id in (person["userId"], person["parentUserId"]) and person["business"] == business:
                return person
    return None


def add(state: State, business: str, digits: str) -> Json:
    seed = int.from_bytes(hashlib.sha256(digits.encode()).digest()[:4])
    person: Json = {
        "number": digits,
        "business": business,
        "userId": user_id_of(business, digits),
        "parentUserId": None,
        "name": NAMES[seed % len(NAMES)],
        "username": None,
        "isHidden": False,
        "generation": 0,
    }
    state.people[key(business, digits)] = person
    return person


def key(business: str, digits: str) -> str:
    return f"{business}/{digits}"


def user_id_of(business: str, digits: str, generation: int = 0) -> str:
    """`US.13491208655302741918`: the country, then an id that says nothing of the number."""
    digest = hashlib.sha256(f"{business}/{digits}/{generation}".encode()).digest()
    country = COUNTRIES.get(numbers.calling_code(digits), "US")
    return f"{country}.{int.from_bytes(digest[:8]):020d}"


def renew_user_id(state: State, person: Json, number: str = "") -> tuple[str, str]:
    """Another user id, and another number where one is given: (previous, current)."""
    with state:
        previous, business = person["userId"], person["business"]
        del state.people[key(business, person["number"])]
        digits = numbers.digits_of(number) or person["number"]
        generation = person["generation"] + 1
        user_id = user_id_of(business, digits, generation)
        person |= {"number": digits, "userId": user_id, "generation": generation}
        state.people[key(business, digits)] = person
        return previous, user_id


def change(state: State, person: Json, options: Json) -> None:
    """Sets what the options say of a person: name, username, isHidden, parent."""
    with state:
        for name in ("name", "username", "isHidden"):
            if options.get(name) is not None:
                person[name] = options[name]
        if options.get("parent"):
            country, _, digits = person["userId"].partition(".")
            person["parentUserId"] = f"{country}.ENT.{digits}"


def contact(person: Json) -> Json:
    """A row of a webhook's `contacts`; what the person hides is left out, not empty."""
    profile = {"name": person["name"], **({"username": person["username"]} if person["username"] else {})}
    return {"profile": profile, **number_of(person, "wa_id"), **ids_of(person, "user_id", "parent_user_id")}


def number_of(person: Json, name: str) -> Json:
    return {} if person["isHidden"] else {name: person["number"]}


def ids_of(person: Json, name: str, parent_name: str) -> Json:
    parent = {parent_name: person["parentUserId"]} if person["parentUserId"] else {}
    return {name: person["userId"], **parent}
