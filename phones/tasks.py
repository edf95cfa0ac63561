"""The check of a number as a task, and the sweep for checks whose doorbell was lost."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from api.doorbell import ring
from phones import sync


@shared_task(name="phones.sync_phone")
def sync_phone(*, phone_id: str) -> None:
    sync.sync_phone(UUID(phone_id))


@shared_task(name="phones.sweep_phones")
def sweep_phones() -> None:
    for phone_id in sync.take_overdue(timezone.now()):
        ring(sync_phone, phone_id=str(phone_id))
