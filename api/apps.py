"""The app's registration; the request id's Celery signals are connected with it."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "api"

    def ready(self) -> None:
        import api.request_id
        import api.schema  # noqa: F401
