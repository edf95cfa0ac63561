"""The stand-in for Meta's JavaScript SDK, and the Embedded Signup dialog."""

from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Request, Response, html_response


def sdk(world: World, request: Request, locale: str) -> Response:
    return html_response("")


def dialog(world: World, request: Request) -> Response:
    return html_response("")
