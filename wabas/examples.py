"""The answers that the OpenAPI document shows, with every key that an answer has."""

from typing import Any

PHONE_IN_WABA: dict[str, Any] = {
    "id": "660e8400-e29b-41d4-a716-446655440001",
    "phoneNumberId": "106540352242922",
    "phoneNumber": "+5491155551234",
    "displayName": "Acme Corp",
    "isRegistered": True,
    "externalId": "customer-123",
    "metadata": {"customerId": "customer-123", "locationCode": "store-01"},
}
WABA: dict[str, Any] = {
    "id": "770e8400-e29b-41d4-a716-446655440002",
    "metaWabaId": "123456789012345",
    "name": "Acme WhatsApp Business Account",
    "currency": "USD",
    "timezoneId": "1",
    "ownerBusiness": {"id": "456789012345678", "name": "Acme Business Portfolio"},
    "accountReviewStatus": "APPROVED",
    "businessVerificationStatus": "verified",
    "creditLine": {"status": None, "allocationConfigId": None, "sharedAt": None},
    "isSubscribed": True,
    "status": "connected",
    "disconnectReason": None,
    "phones": [PHONE_IN_WABA],
    "createdAt": "2026-01-15T10:34:56.789Z",
}
CONNECTED_ACCOUNT: dict[str, Any] = {
    "source": "embedded_signup",
    "business": {"id": "456789012345678", "name": "Acme Business Portfolio"},
    "waba": {
        "id": "770e8400-e29b-41d4-a716-446655440002",
        "metaWabaId": "123456789012345",
        "name": "Acme WhatsApp Business Account",
        "currency": "USD",
    },
    "pageIds": ["789012345678901"],
    "selectedPageId": "789012345678901",
    "pages": [
        {
            "id": "789012345678901",
            "name": "Acme Facebook Page",
            "isFromOnboarding": True,
            "isSelectedForCapi": True,
        }
    ],
    "datasetIds": ["901234567890123"],
    "selectedDatasetId": "901234567890123",
    "catalogIds": [],
    "instagramAccountIds": [],
    "marketingMessagesOnboardingStatus": {"status": "ONBOARDED"},
    "graphLookupErrors": [
        {
            "resource": "catalogs",
            "message": "(#200) Requires catalog_management permission",
            "code": "PERMISSION_MISSING",
        }
    ],
}
CONNECTION: dict[str, Any] = {
    "waba": {
        "id": "770e8400-e29b-41d4-a716-446655440002",
        "metaWabaId": "123456789012345",
        "name": "Acme WhatsApp Business Account",
        "currency": "USD",
        "ownerBusiness": {"id": "456789012345678", "name": "Acme Business Portfolio"},
        "datasetId": "901234567890123",
        "pageId": "789012345678901",
    },
    "connectedAccount": CONNECTED_ACCOUNT,
    "phones": [PHONE_IN_WABA],
}
