"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path, re_path

import onboarding.urls
import organizations.urls
import shared_inbox.urls
from api.errors import not_found
from backoffice.health import healthz, readyz
from backoffice.metrics import metrics
from backoffice.search.views import search

handler400 = "api.errors.bad_request"
handler404 = "api.errors.not_found"
handler500 = "api.errors.server_error"

urlpatterns = [
    # First, for Meta's callback is called the most, and each address before it is tried at every call.
    path("", include("meta_events.urls")),
    path("v1/", include(organizations.urls.api_urlpatterns)),
    path("v1/", include("wabas.urls")),
    path("v1/", include("phones.urls")),
    path("v1/", include(onboarding.urls.router.urls)),
    path("v1/", include("inbox.sending.urls")),
    path("v1/", include("inbox.files.urls")),
    path("v1/", include("inbox.urls")),
    path("v1/", include(shared_inbox.urls.api_urlpatterns)),
    path("v1/", include("webhooks.urls")),
    path("v1/", include("api.urls")),
    re_path("^v1/", not_found),
    path("signup/", include("onboarding.urls")),
    path("", include("organizations.urls")),
    path("business/", include(onboarding.urls.landing_urlpatterns)),
    path("shared/", include("shared_inbox.urls")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("admin/search/", admin.site.admin_view(search), name="staff-search"),
    path("admin/", admin.site.urls),
]
