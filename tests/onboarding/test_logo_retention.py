"""Pictures that nobody shows are deleted two days after they were fetched, and no others."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from onboarding.logo_retention import BATCH, KEPT, prune
from onboarding.models import OnboardingLink
from organizations.models import Logo, Organization

NOW = timezone.now()


def logo(organization: Organization, name: str, age: timedelta = KEPT) -> Logo:
    return Logo.objects.create(
        organization=organization, source_url=f"https://a.example/{name}", content=b"PNG", content_hash=name,
        mime_type="image/png", width=1, height=1, fetched_at=NOW - age,
    )  # fmt: skip


def test_only_what_is_old_and_shown_nowhere_is_deleted(organization: Organization) -> None:
    organization.logo = logo(organization, "of the organization")
    organization.save()
    OnboardingLink.objects.create(
        organization=organization, name="Acme", logo=logo(organization, "of a link")
    )
    logo(organization, "young", KEPT - timedelta(seconds=1))
    logo(organization, "unused")

    assert list(prune(NOW, is_dry=True)) == [1]
    assert list(prune(NOW)) == [1]

    kept = set(Logo.objects.values_list("content_hash", flat=True))
    assert kept == {"of the organization", "of a link", "young"}
    assert list(prune(NOW)) == []


def test_it_is_deleted_in_batches(organization: Organization) -> None:
    for number in range(BATCH + 1):
        logo(organization, str(number))

    assert list(prune(NOW)) == [BATCH, 1]


@pytest.mark.django_db
def test_the_command_says_how_many(organization: Organization, capsys: pytest.CaptureFixture[str]) -> None:
    logo(organization, "unused", KEPT + timedelta(days=1))

    call_command("prune")

    assert "1 logos" in capsys.readouterr().out
    assert not Logo.objects.exists()
