"""What the reads of a phone's inbox share: the phone of the path, and rows of that phone alone."""

from typing import Any

from django.db.models import QuerySet
from django.utils.functional import cached_property

from api.errors import NotFoundError
from organizations.viewsets import OrganizationViewSet
from phones.models import PhoneNumber


class InboxViewSet(OrganizationViewSet):
    """Below `/v1/phones/{id}`, by our id of the phone or Meta's; the rows have our ids only."""

    meta_id_field = "meta_phone_number_id"

    @cached_property
    def phone(self) -> PhoneNumber:
        """The phone of the path, or a 404."""
        rows = PhoneNumber.objects.for_organization(self.organization).only("pk", "organization_id")
        phone = rows.filter(**self.found_by(self.kwargs["id"])).first()
        if phone is None:
            raise NotFoundError
        return phone

    def row(self, rows: QuerySet[Any], name: str) -> Any:
        """The one of `rows` that the path names by our id, or a 404."""
        found_by = self.found_by(self.kwargs[name])
        row = rows.filter(**found_by).first() if "pk" in found_by else None
        if row is None:
            raise NotFoundError
        return row
