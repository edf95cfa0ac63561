"""Writes a row for each call of Graph about somebody, right after it; a row that fails costs nothing else."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import structlog
from django.db import Error, connection, transaction

from api.request_id import current_request_id
from journal.models import GraphCall
from journal.subjects import Subject, current
from meta_graph.observing import CallMade

log = structlog.get_logger("journal")


def record(call: CallMade) -> None:
    """Never raises."""
    subject = current()
    if subject is None or not subject.wants(is_read=call.method == "GET", is_failed=call.error is not None):
        return
    try:
        row = row_of(call, subject)
        with guarded():
            row.save(force_insert=True)
    # A text that the database cannot hold is a ValueError.
    except (Error, ValueError) as failure:
        log.warning("graph call not kept", call=call.name, error=type(failure).__name__)
        # One that the server has closed meanwhile is opened anew for whoever made the call.
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()


def guarded() -> AbstractContextManager[Any]:
    """One INSERT by itself. Inside of somebody's transaction its failure must not be that one's."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()


def row_of(call: CallMade, subject: Subject) -> GraphCall:
    return GraphCall(
        organization_id=subject.organization,
        link_id=subject.link,
        signup_id=subject.signup,
        registered_number_id=subject.registered_number,
        meta_waba_id=subject.waba[:32],
        meta_phone_number_id=subject.phone[:32],
        deed=subject.deed[:32],
        request_id=current_request_id()[:128],
        made_at=call.began_at,
        call=call.name,
        method=call.method,
        path=call.shown_path,
        token_kind=call.kind,
        ms=call.ms,
        http_status=call.http_status,
        outcome=call.outcome,
        code=call.error.code if call.error else None,
        subcode=call.error.subcode if call.error else None,
        trace_id=call.trace_id.replace("\x00", "")[:64],
        request=call.shown_request,
        answer=call.shown_answer,
    )
