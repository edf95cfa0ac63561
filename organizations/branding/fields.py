"""The serializer field of a logo, as an organization and a link have one."""

from typing import Any

from api.customer_url_fields import CalledUrl
from api.customer_urls import MAX_URL


class LogoUrl(CalledUrl):
    """Where a picture is to be fetched. Whoever has this field fetches it, when all the others are right."""

    def to_internal_value(self, data: Any) -> str:
        url = super().to_internal_value(data)
        if len(url.encode()) > MAX_URL:  # an index of PostgreSQL has no room for more
            self.fail("url", reason=f"The URL is longer than {MAX_URL} bytes.")
        return url
