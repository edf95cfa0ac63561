"""The checks of numbers as tasks, and the sweep for those whose time has come or whose doorbell was lost."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from api.doorbell import ring
from phones import schedule, sync
from webhooks.tasks import ring as ring_webhooks


@shared_task(name="phones.sync_phone")
def sync_phone(*, phone_id: str) -> None:
    if sync.sync_phone(UUID(phone_id)):
        ring_webhooks()


@shared_task(name="phones.check_waba")
def check_waba(*, waba_id: str) -> None:
    if sync.check_waba(UUID(waba_id)):
        ring_webhooks()


@shared_task(name="phones.sweep_phones")
def sweep_phones() -> None:
    now = timezone.now()
    for phone_id in schedule.take_overdue(now):
        ring(sync_phone, phone_id=str(phone_id))
    for waba_id in schedule.take_due(now):
        ring(check_waba, waba_id=str(waba_id))
