"""Every page of the admin as somebody opens it, found by asking the site itself: none can be forgotten."""

from bench.rig.staff_pages.client import staff_client
from bench.rig.staff_pages.finding import UnknownPageError, pages
from bench.rig.staff_pages.page import Page

__all__ = ["Page", "UnknownPageError", "pages", "staff_client"]
