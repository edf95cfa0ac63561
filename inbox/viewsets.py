"""What the reads of a phone's inbox share: the phone of the path, and rows of that phone alone."""

from typing import Any

from django.core.exceptions import ObjectDoesNotExist
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
        try:
            return rows.get(**self.found_by(self.kwargs["id"]))
        except PhoneNumber.DoesNotExist:
            raise NotFoundError from None

    def row(self, rows: QuerySet[Any], name: str) -> Any:
        """The one of `rows` that the path names by our id, or a 404."""
        found_by = self.found_by(self.kwargs[name])
        if "pk" not in found_by:
            raise NotFoundError
        try:
            return rows.get(**found_by)
        except ObjectDoesNotExist:
            raise NotFoundError from None
