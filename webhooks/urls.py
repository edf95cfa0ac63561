"""Addresses of section 5 of the contract."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from webhooks.feed import EventViewSet
from webhooks.views import DeliveryViewSet, OutgoingWebhookViewSet

router = SimpleRouter(trailing_slash=False)
router.register("outgoing-webhooks", OutgoingWebhookViewSet, basename="outgoing-webhook")
router.register("outgoing-webhooks/(?P<id>[^/]+)/deliveries", DeliveryViewSet, basename="delivery")
urlpatterns = [*router.urls, path("events", EventViewSet.as_view({"get": "list"}), name="event-list")]
