"""Serializer fields for the URLs that customers give us."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema_field

from api.customer_urls import MAX_URL, check_called_url, check_customer_url, check_receiver_url
from api.fields import Text
from outbound.addresses import AddressRefused

URL_SCHEMA = {"type": "string", "format": "uri", "maxLength": MAX_URL}


@extend_schema_field(URL_SCHEMA)
class CustomerUrl(Text):
    """A customer's page: https, no credentials; http for localhost, and where the deployment allows it."""

    default_error_messages = {"url": "{reason}"}
    check: Callable[[str], None] = staticmethod(check_customer_url)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        url = super().to_internal_value(data)
        try:
            self.check(url)
        except AddressRefused as refused:
            self.fail("url", reason=refused.reason)
        return url


@extend_schema_field(URL_SCHEMA)
class CalledUrl(CustomerUrl):
    """What is fetched from a customer's server, at once: the same, and never from us or a private address."""

    check = staticmethod(check_called_url)


@extend_schema_field(URL_SCHEMA)
class ReceiverUrl(CustomerUrl):
    """A customer's endpoint: the same, and at a public address unless the deployment allows its network."""

    check = staticmethod(check_receiver_url)
