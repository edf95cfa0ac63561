"""Django's middleware for people's pages, left out where machines ask: the API, Meta, operators, polls."""

import re
from typing import Any

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.deprecation import MiddlewareMixin

from onboarding.languages import FORMER_CODES

# Open pages of the shared inbox ask all day for what is new, by a cookie of its own and in no language.
NEWS = "/shared/inbox/news"
# The API's documentation is a page like others.
MACHINES = ("/v1/", "/webhook/", "/logos/", "/healthz", "/readyz", "/metrics", NEWS)
API_PAGES = "/v1/docs"
STAFF_PAGES = ("/admin/", API_PAGES)
FORMER_CODE = re.compile(rf"\b({'|'.join(FORMER_CODES)})\b")


def is_api(request: HttpRequest) -> bool:
    """A machine's request: no session, no form, no language, no page."""
    return request.path_info.startswith(MACHINES) and not request.path_info.startswith(API_PAGES)


def is_page(answer: HttpResponseBase) -> bool:
    return answer.get("Content-Type", "").startswith("text/html")


class PagesOnly:
    """Stands before one of Django's middleware classes and lets the API's requests pass it by."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer: HttpResponseBase = (
            self.get_response(request) if is_api(request) else super().__call__(request)  # type: ignore[misc]
        )
        return answer


class Sessions(PagesOnly, SessionMiddleware):
    pass


class Locales(PagesOnly, LocaleMiddleware):
    """The browser's language on pages of end-users. The admin and the API are in English."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return super().__call__(request)
        finally:
            # The thread's next request may be the API's, whose errors are in English.
            translation.deactivate()

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith(STAFF_PAGES):
            translation.activate(settings.LANGUAGE_CODE)
            return
        accepted = request.META.get("HTTP_ACCEPT_LANGUAGE", "")
        request.META["HTTP_ACCEPT_LANGUAGE"] = FORMER_CODE.sub(lambda found: FORMER_CODES[found[0]], accepted)
        super().process_request(request)


class Csrf(PagesOnly, CsrfViewMiddleware):
    def process_view(self, request: HttpRequest, callback: Any, args: Any, kwargs: Any) -> Any:
        return None if is_api(request) else super().process_view(request, callback, args, kwargs)


class Authentication(PagesOnly, AuthenticationMiddleware):
    pass


class Messages(PagesOnly, MessageMiddleware):
    pass


class Hosts(PagesOnly, MiddlewareMixin):
    """A page under a name that is not ours is refused. Machines ask by address, and are told no address."""

    def process_request(self, request: HttpRequest) -> None:
        request.get_host()


class Guarded(PagesOnly):
    """Whatever a browser would show as a page is guarded, a machine's address that is not found among it."""

    process_response: Any

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = super().__call__(request)
        if is_api(request) and is_page(answer):
            guarded: HttpResponseBase = self.process_response(request, answer)
            return guarded
        return answer


class Frames(Guarded, XFrameOptionsMiddleware):
    pass


class ContentSecurityPolicy(Guarded, CSPMiddleware):
    pass


class NotKept(Guarded, MiddlewareMixin):
    """No browser and no proxy keeps a page of which its view does not say how long it may."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if is_page(response):
            response.setdefault("Cache-Control", "no-store")
        return response
