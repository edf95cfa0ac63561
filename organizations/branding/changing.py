"""Reading an organization with its logo, and changing what was given of it and nothing else."""

from typing import Any
from uuid import UUID

from django.db import transaction

from organizations.branding.logos import forget_unused, kept_logo
from organizations.models import Organization


def with_logo(organization_id: UUID) -> Organization:
    """In one query, and without the picture's bytes."""
    rows = Organization.objects.select_related("logo").defer("logo__content")
    return rows.get(pk=organization_id)


def change_organization(*, organization: Organization, changes: dict[str, Any]) -> None:
    """`changes`: columns, and `picture`, which is a Picture or None. Two at once keep both their columns."""
    rows = Organization.objects.filter(pk=organization.pk)
    columns = {name: value for name, value in changes.items() if name != "picture"}
    with transaction.atomic():
        before = None
        if "picture" in changes:
            before = rows.select_for_update(no_key=True).values_list("logo_id", flat=True).get()
            picture = changes["picture"]
            columns["logo"] = picture and kept_logo(organization=organization, picture=picture)
        if columns:
            rows.update(**columns)
        if before:
            forget_unused(before)
