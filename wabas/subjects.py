"""Whose the calls of Graph are that an account makes: for the journal, and so for support."""

from contextlib import AbstractContextManager

from journal.subjects import about
from wabas.models import Waba


def about_waba(waba: Waba, deed: str, *, failed_reads_only: bool = False) -> AbstractContextManager[None]:
    return about(
        organization=waba.organization_id,
        waba=waba.meta_waba_id,
        deed=deed,
        failed_reads_only=failed_reads_only,
    )
