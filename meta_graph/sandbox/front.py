"""The front page: what the sandbox knows and offers."""

from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Request, Response, html_response


def page(world: World, request: Request) -> Response:
    return html_response("")


def icon(world: World, request: Request) -> Response:
    return html_response("")
