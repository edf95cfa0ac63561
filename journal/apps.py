"""The app's registration; from then on it looks on at the calls of Graph."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "journal"

    def ready(self) -> None:
        from journal.recording import record
        from meta_graph.observing import observe

        observe(record)
