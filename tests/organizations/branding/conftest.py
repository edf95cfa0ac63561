"""A server with pictures, and what the API says of a branding."""

from collections.abc import Iterator

import pytest

from tests.organizations.branding.hosts import LogoHost, logo_host


@pytest.fixture
def host() -> Iterator[LogoHost]:
    with logo_host() as serving:
        yield serving
