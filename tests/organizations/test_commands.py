"""Commands of organizations and keys: what is run twice is there once, and no key is shown again."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from organizations.models import ApiKey, Organization

pytestmark = pytest.mark.django_db


def said(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def made(*arguments: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(said("create_organization", *arguments, "--json"))
    return answer


def test_an_organization_that_is_there_is_not_made_again():
    first, second = made("Acme", "--with-key"), made("Acme", "--with-key")

    assert (first["created"], second["created"]) == (True, False)
    assert first["id"] == second["id"]
    assert first["key"].startswith("sk_org_")
    assert "key" not in second
    assert (Organization.objects.count(), ApiKey.objects.count()) == (1, 1)
    assert "It has an API key already" in said("create_organization", "Acme", "--with-key")


def test_a_name_that_two_have_is_refused():
    Organization.objects.bulk_create([Organization(name="Acme"), Organization(name="Acme")])

    with pytest.raises(CommandError, match="2 organizations"):
        made("Acme")


def test_a_key_is_revoked_once_and_the_whole_key_is_never_repeated():
    key = made("Acme", "--with-key")["key"]

    said("revoke_api_key", key)
    revoked_at = ApiKey.objects.get().revoked_at
    again = said("revoke_api_key", key[:15])

    assert revoked_at is not None
    assert ApiKey.objects.get().revoked_at == revoked_at
    assert again.startswith(f"Revoked {key[:15]} ")
    with pytest.raises(CommandError) as refused:
        said("revoke_api_key", "sk_org_" + "z" * 40)
    assert "z" * 9 not in str(refused.value)


def test_a_key_is_issued_by_the_rules_of_the_api():
    made("Acme")

    issued = json.loads(
        said("issue_api_key", "Acme", "--scopes", "write, read", "--expires", "2126-12-31", "--json")
    )

    key = ApiKey.objects.get()
    assert issued == {"prefix": key.prefix, "scopes": ["read", "write"], "key": issued["key"]}
    assert key.expires_at == datetime(2126, 12, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--expires", "2126-13-45"), "--expires: it is no date"),
        (("--expires", "soon"), "--expires: it is no date"),
        (("--expires", "2020-01-01"), "--expires: It must be in the future"),
        (("--scopes", "read,all"), "--scopes: "),
        (("--scopes", ""), "--scopes: "),
        (("--name", "n" * 256), "--name: "),
    ],
)
def test_a_key_that_the_api_would_not_make_is_refused_by_name(options: tuple[str, str], named: str):
    made("Acme")

    with pytest.raises(CommandError, match=f"^{named}"):
        said("issue_api_key", "Acme", *options)

    assert not ApiKey.objects.exists()
