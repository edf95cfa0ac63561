"""Somebody of the staff who may see everything."""

from django.contrib.auth.models import User
from django.test import Client


def staff_client() -> Client:
    user, _ = User.objects.get_or_create(username="sandra", is_staff=True, is_superuser=True)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client
