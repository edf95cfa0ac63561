"""Addresses of the WABAs in section 3 of the contract."""

from rest_framework.routers import SimpleRouter

from wabas.views import WabaViewSet

router = SimpleRouter(trailing_slash=False)
router.register("wabas", WabaViewSet, basename="waba")
urlpatterns = router.urls
