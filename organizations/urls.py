"""Addresses of section 9 of the contract."""

from rest_framework.routers import SimpleRouter

from organizations.views import ApiKeyViewSet

router = SimpleRouter(trailing_slash=False)
router.register("api-keys", ApiKeyViewSet, basename="api-key")
urlpatterns = router.urls
