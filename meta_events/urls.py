"""Addresses that are entered at Meta, and the page of a deletion."""

from django.urls import path

from meta_events import people_views
from meta_events.views import callback

urlpatterns = [
    path("webhook/meta", callback, name="meta-callback"),
    path("webhook/phone/<uuid:phone_id>", callback, name="phone-callback"),
    path("webhook/meta/deauthorize", people_views.deauthorize, name="meta-deauthorize"),
    path("webhook/meta/data-deletion", people_views.data_deletion, name="meta-data-deletion"),
    path("data-deletion/<slug:code>", people_views.data_deletion_page, name="data-deletion"),
]
