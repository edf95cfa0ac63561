"""docs/errors.md names every code that an answer, an event or the admin can show, with cause and cure."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.error_schema import ALL_CODES
from api.errors import ApiError
from inbox.sending.outcomes import NOT_REACHED
from inbox.sending.refusals import TEXTS
from onboarding.outcomes import NO_PHONE_NUMBER
from onboarding.texts import error_texts
from outbound.failures import Failure
from phones.account_reasons import RESTRICTIONS, WHY_DISCONNECTED
from phones.reasons import TOKENS
from wabas.credit_claims import CreditError
from webhooks.models import OutgoingWebhook

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/errors.md").read_text()
SECTIONS = dict(re.findall(r"^## ([A-Z][a-z ]+)[^\n]*\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
ROW = re.compile(r"^\| (`[^|]+`) \| (?:(\d{3}) \| )?([^|]+) \| ([^|]+) \|$", re.MULTILINE)
OURS = (
    "api", "organizations", "wabas", "webhooks", "phones", "onboarding", "inbox", "shared_inbox",
    "meta_events", "backoffice",
)  # fmt: skip


def codes(section: str) -> set[str]:
    """What stands in the first column of a section's table."""
    return {
        code
        for cells, *_ in ROW.findall(SECTIONS[section])
        for code in re.findall(r"`([A-Za-z0-9_]+)`", cells)
    }


def modules(app: str) -> Iterator[str]:
    package = importlib.import_module(app)
    for found in pkgutil.walk_packages(package.__path__, f"{app}."):
        if ".migrations" not in found.name:
            yield found.name


def subclasses(kind: type[ApiError]) -> Iterator[type[ApiError]]:
    for one in kind.__subclasses__():
        yield one
        yield from subclasses(one)


def calls(folder: str, *names: str) -> Iterator[ast.Call]:
    """Every call of these functions or classes in an app."""
    for file in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names:
                yield node


def text_at(call: ast.Call, place: int) -> list[str]:
    given = call.args[place] if len(call.args) > place else None
    return [given.value] if isinstance(given, ast.Constant) and isinstance(given.value, str) else []


def test_every_row_has_a_cause_and_a_cure():
    lines = [line for line in PAGE.splitlines() if line.startswith("| `")]

    assert len(lines) == len(ROW.findall(PAGE))
    assert all(cause.strip() and cure.strip() for *_, cause, cure in ROW.findall(PAGE))


def test_every_error_of_the_api_is_told_with_its_status():
    for app in OURS:
        for name in modules(app):
            importlib.import_module(name)
    # One that has its own status and no code of its own is given the code of what went wrong.
    every: list[type[ApiError]] = [ApiError, *subclasses(ApiError)]
    kinds = [kind for kind in every if kind is ApiError or "status" not in vars(kind) or "code" in vars(kind)]

    told = {code.strip("`"): int(status) for code, status, *_ in ROW.findall(SECTIONS["Answers of the "])}

    assert {kind.code: told.get(kind.code) for kind in kinds} == {kind.code: kind.status for kind in kinds}
    assert set(ALL_CODES) <= set(told)
    assert set(told) == {kind.code for kind in kinds}


def words(node: ast.AST | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def code_in(node: ast.AST) -> list[str]:
    """Where a code is written down: given to what makes a problem or an action, or in a pair before its
    sentence.
    """
    match node:
        case ast.Call(
            func=ast.Name(id="StepFailed" | "NeedsCustomer" | "NotYet" | "Problem"), args=[first, *_]
        ):
            return [words(first)]
        case ast.Call(func=ast.Name(id="action"), args=[_, second, *_]):
            return [words(second)]
        case ast.Tuple(elts=[first, second]) if " " in words(second):
            return [words(first)]
        case _:
            return []


def test_every_code_of_a_link_is_told():
    files = [
        file for file in (ROOT / "onboarding").rglob("*.py") if not {"migrations", "admin"} & set(file.parts)
    ]
    found = {
        code for file in files for node in ast.walk(ast.parse(file.read_text())) for code in code_in(node)
    }
    written = {code for code in found if re.fullmatch("[A-Z]+(_[A-Z]+)*", code)}
    credit = {kind.reason for kind in subclasses(CreditError) if issubclass(kind, CreditError)}

    told = codes("Links")

    assert {"ENTER_PIN", "WAIT", "SIGN_UP_AGAIN", "RECONNECT"} <= written
    assert told == written | credit | {NO_PHONE_NUMBER}
    assert set(error_texts()) <= told


def test_every_issue_of_a_phone_is_told():
    written = {code for call in calls("phones", "Reason") for code in text_at(call, 1)}
    kinds = {reason.code for reason in TOKENS.values()} | set(RESTRICTIONS)

    assert codes("Phones") == written | kinds


def test_every_reason_of_a_disconnection_is_told():
    assert codes("Disconnections") == set(WHY_DISCONNECTED)


def test_every_error_of_a_message_is_told():
    ours = {code for call in calls("inbox", "reason") for code in text_at(call, 0)} | {NOT_REACHED, "unknown"}

    told = codes("Messages")

    assert ours | {str(code) for code in TEXTS} <= told
    assert {code for code in told if not code.isdigit()} == ours


def test_every_error_of_a_delivery_is_told():
    others = {"http_status", "redirect", "unknown", "expired"}
    reasons = re.findall(r"`(\w+)`\s\(", SECTIONS["Webhooks"])

    assert codes("Webhooks") == set(Failure) | others
    assert set(reasons) == set(OutgoingWebhook.DisabledReason.values)


def test_every_error_of_the_connected_account_that_we_word_is_told():
    written = {
        code
        for name, place in (("show_why_not", 2), ("error_row", 2))
        for call in calls("wabas", name)
        for code in text_at(call, place)
    }
    tokens = {reason.code for reason in TOKENS.values()}

    assert written | tokens <= codes("The connected account")


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", PAGE))))
def test_what_the_page_links_to_is_there(link):
    assert (ROOT / "docs" / link).exists()
