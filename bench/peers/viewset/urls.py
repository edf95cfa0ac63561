"""The product's paths."""

from rest_framework.routers import SimpleRouter

from bench.peers.viewset.views import LinkViewSet

router = SimpleRouter(trailing_slash=False)
router.register("v1/onboarding-links", LinkViewSet)
urlpatterns = router.urls
