"""Addresses of files."""

from django.urls import re_path

from inbox.files.views import MediaViewSet

PHONE = "^phones/(?P<id>[^/]+)"
urlpatterns = [
    re_path(f"{PHONE}/media$", MediaViewSet.as_view({"post": "create"}), name="media-upload"),
    re_path(
        f"{PHONE}/media/(?P<mediaId>[^/]+)$", MediaViewSet.as_view({"get": "retrieve"}), name="media-detail"
    ),
]
