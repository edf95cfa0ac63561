"""Addresses of the WABAs in section 3 of the contract, and of their templates in section 6."""

from django.urls import re_path
from rest_framework.routers import SimpleRouter

from wabas.message_templates.views import TemplateViewSet
from wabas.views import WabaViewSet

router = SimpleRouter(trailing_slash=False)
router.register("wabas", WabaViewSet, basename="waba")
templates = TemplateViewSet.as_view({"get": "list", "post": "create"})
template = TemplateViewSet.as_view({"delete": "destroy"})
urlpatterns = [
    *router.urls,
    re_path("^wabas/(?P<id>[^/]+)/templates$", templates, name="template-list"),
    re_path("^wabas/(?P<id>[^/]+)/templates/(?P<name>[^/]+)$", template, name="template-detail"),
]
