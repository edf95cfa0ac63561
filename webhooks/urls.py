"""Addresses of section 5 of the contract."""

from rest_framework.routers import SimpleRouter

from webhooks.views import OutgoingWebhookViewSet

router = SimpleRouter(trailing_slash=False)
router.register("outgoing-webhooks", OutgoingWebhookViewSet, basename="outgoing-webhook")
urlpatterns = router.urls
