"""Serializer fields of a branding, as an organization and a link have them."""

import re
from typing import Any

from api.customer_url_fields import CalledUrl
from api.customer_urls import MAX_URL
from api.fields import Text

LINE_BREAK = re.compile(r"[\n\r\v\f\x85\u2028\u2029]")
CONTROLS = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
CONTROL = re.compile(f"[{CONTROLS}]")


class SingleLine(Text):
    """A text that a page shows in one line, in any language: trimmed, without control characters."""

    request_schema = {"pattern": rf"^[^{CONTROLS}]*[^{CONTROLS}\s][^{CONTROLS}]*$"}
    default_error_messages = {
        "line_break": "It has a line break: give it in one line, the page breaks it where it has to.",
        "control": "It has a control character, which no page can show: leave it out.",
    }

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if LINE_BREAK.search(text):
            self.fail("line_break")
        if CONTROL.search(text):
            self.fail("control")
        return text


class LogoUrl(CalledUrl):
    """Where a picture is to be fetched. Whoever has this field fetches it, when all the others are right."""

    def to_internal_value(self, data: Any) -> str:
        url = super().to_internal_value(data)
        if len(url.encode()) > MAX_URL:  # an index of PostgreSQL has no room for more
            self.fail("url", reason=f"The URL is longer than {MAX_URL} bytes.")
        return url
