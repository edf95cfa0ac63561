"""Addresses of the phones in section 4 of the contract."""

from rest_framework.routers import SimpleRouter

from phones.views import PhoneViewSet

router = SimpleRouter(trailing_slash=False)
router.register("phones", PhoneViewSet, basename="phone")
urlpatterns = router.urls
