"""The live look-ups of the connected account: side by side, one deadline for all, kept for a minute."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import Q
from django.utils import timezone

from api.times import timestamp
from meta_graph import businesses, limits, wabas
from meta_graph.client import Token, business_token
from meta_graph.errors import Cause, GraphError
from meta_graph.observing import held, tell
from wabas.models import Waba
from wabas.services import facts, note_token_refused
from wabas.subjects import about_waba
from wabas.tokens import TokenStatus, token_status

log = structlog.get_logger("wabas.lookups")
SECONDS, THREADS = 3.0, 8
KEPT_FOR = timedelta(seconds=60)
NO_TOKEN = {
    TokenStatus.MISSING: "There is no access token for this WABA.",
    TokenStatus.EXPIRED: "The access token of this WABA has expired.",
    TokenStatus.INVALID: "Meta no longer accepts the access token of this WABA.",
}


@dataclass(frozen=True)
class Answers:
    """What Meta said by resource, what it refused, and a row for each look-up that brought nothing."""

    found: dict[str, Any]
    refusals: list[GraphError]
    errors: list[dict[str, str]]


def look_up(*, waba: Waba) -> Waba:
    """`waba` with an answer of at most a minute ago. Never raises because of Meta.

    What fails keeps its last answer and is listed in `waba.lookup["errors"]`. While one caller asks, the
    others get what is stored.
    """
    now = timezone.now()
    status = token_status(waba, now)
    if status in NO_TOKEN:
        show_why_not(waba, NO_TOKEN[status], f"TOKEN_{status.upper()}")
    elif waba.looked_up_at is not None and waba.looked_up_at > now - KEPT_FOR:
        pass
    elif pause := limits.pause_until(waba.meta_waba_id):
        said = f"Meta's rate limit is reached. Meta is asked again from {timestamp(pause)} on."
        show_why_not(waba, said, Cause.RATE_LIMITED)
    elif is_claimed(waba, now):
        token_value = waba.access_token or ""
        with about_waba(waba, "lookup", failed_reads_only=True):
            answers = asked(lookups(waba, business_token(token_value)))
        store(waba, answers, token_value, now)
    else:
        waba.refresh_from_db(fields=["lookup"])
    if not waba.lookup:
        show_why_not(waba, "Meta is being asked for the first time.", "UNDER_WAY")
    return waba


def show_why_not(waba: Waba, message: str, code: str) -> None:
    """In this answer only: nothing was asked of Meta."""
    waba.lookup = waba.lookup | {"errors": [error_row("waba", message, code)]}


def is_claimed(waba: Waba, now: datetime) -> bool:
    """Whether this caller is the one who asks Meta: it wrote the time of the look-up."""
    is_old = Q(looked_up_at=None) | Q(looked_up_at__lte=now - KEPT_FOR)
    return Waba.objects.filter(is_old, pk=waba.pk).update(looked_up_at=now) == 1


def lookups(waba: Waba, token: Token) -> dict[str, Callable[[], Any]]:
    """One call of Graph each. Instagram's ids are known from the signup, and nothing else of it is shown."""
    waba_id = waba.meta_waba_id
    pages: dict[str, Callable[[], Any]] = {
        f"page/{page_id}": lambda page_id=page_id: businesses.read_page(page_id=page_id, token=token)  # type: ignore[misc]
        for page_id in waba.page_ids
    }
    return {
        "waba": lambda: wabas.read_waba(waba_id=waba_id, token=token),
        "datasets": lambda: wabas.list_datasets(waba_id=waba_id, token=token),
        "catalogs": lambda: wabas.list_product_catalogs(waba_id=waba_id, token=token),
        **pages,
    }


def asked(calls: Mapping[str, Callable[[], Any]]) -> Answers:
    """The answers that are there when the deadline is over; later ones are not waited for, nor told of."""
    pool = ThreadPoolExecutor(min(THREADS, len(calls)), thread_name_prefix="lookup")
    # None of the threads may touch the database: whoever looks on at calls is told of theirs here.
    with held() as made:
        futures = {resource: pool.submit(copy_context().run, call) for resource, call in calls.items()}
    wait(futures.values(), timeout=SECONDS)
    pool.shutdown(wait=False, cancel_futures=True)
    for one in list(made):
        tell(one)
    answers = Answers({}, [], [])
    for resource, future in futures.items():
        settle(answers, resource, future)
    return answers


def settle(answers: Answers, resource: str, future: Future[Any]) -> None:
    if future.cancelled() or not future.done():
        answers.errors.append(error_row(resource, "Meta did not answer in time.", Cause.TIMEOUT))
        return
    match future.exception():
        case None:
            answers.found[resource] = future.result()
        case GraphError() as refusal:
            answers.refusals.append(refusal)
            said = refusal.message or "Meta gave no reason."
            answers.errors.append(error_row(resource, said, refusal.cause))
        case unexpected:
            log.error("look-up failed", resource=resource, exc_info=unexpected)
            answers.errors.append(error_row(resource, "The look-up failed.", "INTERNAL_ERROR"))


def error_row(resource: str, message: str, code: str) -> dict[str, str]:
    return {"resource": resource, "message": message, "code": str(code)}


def store(waba: Waba, answers: Answers, token_value: str, now: datetime) -> None:
    """One write for all; `waba` shows it at once."""
    info = answers.found.get("waba")
    columns = facts(info) if info else {}
    columns |= {"lookup": remembered(waba, answers), "looked_up_at": now}
    Waba.objects.filter(pk=waba.pk).update(**columns, updated_at=now)
    for name, value in columns.items():
        setattr(waba, name, value)
    if any(refusal.cause is Cause.TOKEN_INVALID for refusal in answers.refusals):
        note_token_refused(waba=waba, token_value=token_value)


def remembered(waba: Waba, answers: Answers) -> dict[str, Any]:
    """What the column `lookup` holds; what failed now keeps what it said before."""
    found, kept = answers.found, dict(waba.lookup)
    if "waba" in found:
        kept["marketing_messages_onboarding_status"] = found["waba"].marketing_messages_onboarding_status
    if "datasets" in found:
        kept["dataset_ids"] = [dataset.id for dataset in found["datasets"]]
    if "catalogs" in found:
        kept["catalog_ids"] = [catalog.id for catalog in found["catalogs"]]
    named = {
        name.removeprefix("page/"): page.name for name, page in found.items() if name.startswith("page/")
    }
    return kept | {"page_names": kept.get("page_names", {}) | named, "errors": answers.errors}
