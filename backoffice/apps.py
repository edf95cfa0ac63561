"""The app's registration; the checks of an installation and the throttled login come with it."""

from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "backoffice"

    def ready(self) -> None:
        from django.contrib import admin

        import backoffice.checks  # noqa: F401
        from backoffice.staff_login import LoginForm

        admin.site.login_form = LoginForm
