"""Addresses of what a phone's inbox holds."""

from django.urls import re_path

from inbox.views import ContactViewSet, ConversationViewSet, MessageViewSet

PHONE = "^phones/(?P<id>[^/]+)"
urlpatterns = [
    re_path(
        f"{PHONE}/conversations$", ConversationViewSet.as_view({"get": "list"}), name="conversation-list"
    ),
    re_path(
        f"{PHONE}/conversations/(?P<conversationId>[^/]+)/messages$",
        MessageViewSet.as_view({"get": "list"}),
        name="message-list",
    ),
    re_path(
        f"{PHONE}/messages/(?P<messageId>[^/]+)$",
        MessageViewSet.as_view({"get": "retrieve"}),
        name="message-detail",
    ),
    re_path(f"{PHONE}/contacts$", ContactViewSet.as_view({"get": "list"}), name="contact-list"),
    re_path(
        f"{PHONE}/contacts/(?P<contactId>[^/]+)$",
        ContactViewSet.as_view({"get": "retrieve", "delete": "destroy"}),
        name="contact-detail",
    ),
]
