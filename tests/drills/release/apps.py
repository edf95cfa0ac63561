"""The application's name."""

from django.apps import AppConfig


class ReleaseConfig(AppConfig):
    name = "tests.drills.release"
    label = "drill_release"
