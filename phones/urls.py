"""Addresses of section 4 of the contract, and the one call on a WABA that tells of its phones."""

from rest_framework.routers import SimpleRouter

from phones.views import PhoneViewSet, WabaAccessViewSet

router = SimpleRouter(trailing_slash=False)
router.register("phones", PhoneViewSet, basename="phone")
router.register("wabas", WabaAccessViewSet, basename="waba-access")
urlpatterns = router.urls
