"""The WSGI application, for granian or gunicorn."""

import os
from collections.abc import Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django_application = get_wsgi_application()
# More than any body may have: those who read one have limits of their own.
NO_END = 1 << 40


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Django's, which takes a body without a Content-Length for an empty one.

    A body in chunks has none. Servers that know its end by themselves say so: `wsgi.input_terminated`.
    """
    if is_chunked(environ) and environ.get("wsgi.input_terminated"):
        environ["CONTENT_LENGTH"] = str(NO_END)
    answer: Iterable[bytes] = django_application(environ, start_response)
    return answer


def is_chunked(environ: dict[str, Any]) -> bool:
    coding = environ.get("HTTP_TRANSFER_ENCODING", "").lower()
    return "chunked" in coding and not environ.get("CONTENT_LENGTH")
