"""Addresses of what is sent: messages, and read marks."""

from django.urls import re_path

from inbox.sending.views import SendingViewSet

send = SendingViewSet.as_view({"post": "create"})
read = SendingViewSet.as_view({"post": "read"})
urlpatterns = [
    re_path("^phones/(?P<id>[^/]+)/messages$", send, name="message-send"),
    re_path("^phones/(?P<id>[^/]+)/messages/(?P<messageId>[^/]+)/read$", read, name="message-read"),
]
