"""The peer's Celery application, with everything as Celery has it by itself."""

from celery import Celery

app = Celery("tasks")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["bench.peers.webhooks"])
