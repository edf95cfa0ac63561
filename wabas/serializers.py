"""WABAs and the connected account as the contract shows them."""

from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

from api.fields import Choice, Metadata, Text, Timestamp
from api.serializers import Output
from wabas.connected_account import ConnectedAccount, connected_account
from wabas.models import Waba


class OwnerBusinessOutput(Output):
    id = Text(source="owner_business_id", allow_null=True)
    name = Text(source="owner_business_name", allow_null=True)


class CreditLineOutput(Output):
    status = Choice(
        source="credit_line_status",
        choices=Waba.CreditLine.values,
        allow_null=True,
        help_text="null where no credit line was shared with this WABA, or not yet. "
        "`verified`: Meta shows it as what pays; `shared`: accepted, not shown yet.",
    )
    allocationConfigId = Text(source="allocation_config_id", allow_null=True)
    sharedAt = Timestamp(source="credit_shared_at", allow_null=True)


class WabaPhoneOutput(Output):
    id = serializers.UUIDField()
    phoneNumberId = Text(source="meta_phone_number_id", help_text="Meta's id of the number.")
    phoneNumber = Text(source="phone_number")
    displayName = Text(source="display_name", allow_null=True)
    isRegistered = serializers.BooleanField(source="is_registered")
    externalId = Text(source="external_id", allow_null=True)
    metadata = Metadata(allow_null=True)


class WabaOutput(Output):
    id = serializers.UUIDField()
    metaWabaId = Text(source="meta_waba_id")
    name = Text(allow_null=True)
    currency = Text(allow_null=True)
    timezoneId = Text(source="timezone_id", allow_null=True)
    ownerBusiness = OwnerBusinessOutput(source="*")
    accountReviewStatus = Text(source="account_review_status", allow_null=True)
    businessVerificationStatus = Text(source="business_verification_status", allow_null=True)
    creditLine = CreditLineOutput(source="*")
    isSubscribed = serializers.BooleanField(
        source="is_subscribed",
        allow_null=True,
        help_text="Our app is among the WABA's subscribed apps; null before the first check.",
    )
    status = Choice(choices=Waba.Status.choices)
    disconnectReason = Text(source="disconnect_reason", allow_null=True)
    phones = WabaPhoneOutput(many=True, source="phones.all")
    createdAt = Timestamp(source="created_at")


class AccountWabaOutput(Output):
    id = serializers.UUIDField()
    metaWabaId = Text(source="meta_waba_id")
    name = Text(allow_null=True)
    currency = Text(allow_null=True)


class PageOutput(Output):
    id = Text()
    name = Text(allow_null=True)
    isFromOnboarding = serializers.BooleanField(source="is_from_onboarding")
    isSelectedForCapi = serializers.BooleanField(source="is_selected_for_capi")


class MarketingStatusOutput(Output):
    status = Text(source="marketing_messages_onboarding_status", allow_null=True)


class LookupErrorOutput(Output):
    resource = Text(help_text="`waba`, `datasets`, `catalogs`, or `page/<id>`.")
    message = Text()
    code = Text()


class ConnectedAccountOutput(Output):
    """Of a WABA, from stored state; in a connection, of the account that was just looked up."""

    source = Text()  # type: ignore[assignment]
    business = OwnerBusinessOutput(source="waba")
    waba = AccountWabaOutput()
    pageIds = serializers.ListField(source="page_ids", child=Text())
    selectedPageId = Text(source="selected_page_id", allow_null=True)
    pages = PageOutput(many=True)
    datasetIds = serializers.ListField(source="dataset_ids", child=Text())
    selectedDatasetId = Text(source="selected_dataset_id", allow_null=True)
    catalogIds = serializers.ListField(source="catalog_ids", child=Text())
    instagramAccountIds = serializers.ListField(source="instagram_account_ids", child=Text())
    marketingMessagesOnboardingStatus = MarketingStatusOutput(source="*")
    graphLookupErrors = LookupErrorOutput(source="graph_lookup_errors", many=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        account = instance if isinstance(instance, ConnectedAccount) else connected_account(instance)
        return super().to_representation(account)


@dataclass(frozen=True)
class Connection:
    """A WABA and the account around it, as one answer."""

    waba: Waba
    account: ConnectedAccount


class ConnectionWabaOutput(Output):
    id = serializers.UUIDField(source="waba.id")
    metaWabaId = Text(source="waba.meta_waba_id")
    name = Text(source="waba.name", allow_null=True)
    currency = Text(source="waba.currency", allow_null=True)
    ownerBusiness = OwnerBusinessOutput(source="waba")
    datasetId = Text(source="account.selected_dataset_id", allow_null=True)
    pageId = Text(source="account.selected_page_id", allow_null=True)


class ConnectionOutput(Output):
    waba = ConnectionWabaOutput(source="*")
    connectedAccount = ConnectedAccountOutput(source="account")
    phones = WabaPhoneOutput(many=True, source="waba.phones.all")

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return super().to_representation(Connection(instance, connected_account(instance)))
