"""Addresses of section 2 of the contract: the API's and the hosted page's; and the landing pages'."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from onboarding import pages
from onboarding.landing_page import landing_page
from onboarding.registered_numbers.views import RegisteredNumberViewSet
from onboarding.views import OnboardingLinkViewSet

router = SimpleRouter(trailing_slash=False)
router.register("onboarding-links", OnboardingLinkViewSet, basename="onboarding-link")
router.register("registered-numbers", RegisteredNumberViewSet, basename="registered-number")

urlpatterns = [
    path("<uuid:link_id>", pages.signup_page, name="signup"),
    path("<uuid:link_id>/opened", pages.opened, name="signup-opened"),
    path("<uuid:link_id>/start", pages.start, name="signup-start"),
    path("<uuid:link_id>/session", pages.session, name="signup-session"),
    path("<uuid:link_id>/callback", pages.callback, name="signup-callback"),
    path("<uuid:link_id>/pin", pages.pin, name="signup-pin"),
    path("<uuid:link_id>/skip", pages.skip, name="signup-skip"),
    path("<uuid:link_id>/number", pages.number, name="signup-number"),
    path("<uuid:link_id>/request-code", pages.request_code, name="signup-request-code"),
    path("<uuid:link_id>/verify-code", pages.verify_code, name="signup-verify-code"),
    path("<uuid:link_id>/check", pages.check, name="signup-check"),
    path("<uuid:link_id>/status", pages.status, name="signup-status"),
]

landing_urlpatterns = [path("<slug:slug>", landing_page, name="landing-page")]
