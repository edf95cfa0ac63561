"""A product with a connected number, once for all tests of the page, and a browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.e2e.product import Product
from tests.shared_inbox.page.world import Desk, Inbox, connected


@pytest.fixture(scope="session")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inbox]:
    """The one process of `make run`. Tests open more pages than a person does."""
    many = {"SHARED_INBOX_OPENINGS": "10000", "SHARED_INBOX_RATE_LIMIT": "10000"}
    product = Product(tmp_path_factory.mktemp("inbox"), embedded=True, settings=many)
    try:
        product.start()
        yield connected(product)
    finally:
        product.stop()


@pytest.fixture
def desk(page: Page, inbox: Inbox) -> Desk:
    return Desk(page, inbox)
