"""The receiver's page."""

from meta_graph.sandbox.wsgi import Json


def render(name: str, url: str, has_secret: bool, deliveries: list[Json]) -> str:
    return ""
