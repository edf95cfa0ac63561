"""Addresses of section 7 of the contract: the API's, the public ones, and those of the page's script."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from shared_inbox import calls, files, pages
from shared_inbox.views import SharedInboxLinkViewSet

router = SimpleRouter(trailing_slash=False)
router.register("shared-inbox-links", SharedInboxLinkViewSet, basename="shared-inbox-link")
api_urlpatterns = router.urls

urlpatterns = [
    path("inbox", pages.inbox, name="shared-inbox"),
    path("ended", pages.ended, name="shared-inbox-ended"),
    path("inbox/leave", pages.leave, name="shared-inbox-leave"),
    path("inbox/news", calls.news, name="shared-inbox-news"),
    path("inbox/conversations", calls.conversations, name="shared-inbox-conversations"),
    path("inbox/conversations/<uuid:conversation_id>/messages", calls.thread, name="shared-inbox-thread"),
    path("inbox/conversations/<uuid:conversation_id>/contact", calls.details, name="shared-inbox-details"),
    path("inbox/conversations/<uuid:conversation_id>/read", calls.read, name="shared-inbox-read"),
    path("inbox/media", files.upload, name="shared-inbox-upload"),
    path("inbox/media/<uuid:media_id>", files.media, name="shared-inbox-media"),
    path("inbox/templates", calls.templates, name="shared-inbox-templates"),
    path("<str:token>", pages.open_link, name="shared-inbox-open"),
]
