"""The settings of a next release, whose migration runs while the one before serves."""

from config.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.drills.release"]  # noqa: F405
