"""Lists with Meta's cursor paging."""

import base64
import binascii
from urllib.parse import urlencode

from meta_graph.sandbox.graph.call import Call
from meta_graph.sandbox.graph.errors import invalid_parameter
from meta_graph.sandbox.wsgi import Json

DEFAULT_LIMIT = 25


def cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"s{position}".encode()).decode()


def position_of(text: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(text).decode().removeprefix("s"))
    except (ValueError, binascii.Error) as error:
        raise invalid_parameter("after") from error


def paged(call: Call, rows: list[Json]) -> Json:
    """One page of rows; `paging` is left out of an empty list, `next` of the last page."""
    limit = int(call.text("limit")) if call.text("limit").isdigit() else DEFAULT_LIMIT
    start = position_of(call.text("after")) if call.text("after") else 0
    data = rows[start : start + limit]
    if not data:
        return {"data": []}
    paging: Json = {"cursors": {"before": cursor(start), "after": cursor(start + len(data))}}
    if start + limit < len(rows):
        query = {**call.request.query, "after": cursor(start + limit)}
        paging["next"] = f"{call.request.origin}{call.request.path}?{urlencode(query)}"
    return {"data": data, "paging": paging}
