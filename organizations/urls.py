"""Addresses of sections 8 and 9 of the contract that are an organization's own; and its pictures."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from organizations.branding.serving import logo
from organizations.branding.views import OwnOrganizationViewSet
from organizations.views import ApiKeyViewSet

router = SimpleRouter(trailing_slash=False)
router.register("api-keys", ApiKeyViewSet, basename="api-key")
own = OwnOrganizationViewSet.as_view({"get": "retrieve", "patch": "partial_update"})
api_urlpatterns = [path("organization", own, name="organization"), *router.urls]
urlpatterns = [path("logos/<uuid:logo_id>", logo, name="logo")]
