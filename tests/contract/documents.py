"""What the user's documents show, copied to the letter: the commands, the bodies, the answers, the event.

Messages and shared inboxes are left out. Numbers of lines are not kept, their words are.
"""

import json
from typing import Any

# -- onboarding-links.txt --------------------------------------------------------------------------

CREATE_LINK = """\
curl -X POST https://api.example.com/v1/onboarding-links \\
-H "Authorization: Bearer sk_org_..." \\
-H "Content-Type: application/json" \\
-d '{
"name": "Acme Corp",
"externalId": "customer-123",
"metadata": {
"customerId": "customer-123",
"locationCode": "store-01",
"crmAccountId": "crm_789"
},
"redirectUrl": "https://myapp.com/whatsapp/callback",
"webhookUrl": "https://myapp.com/webhooks/whatsapp",
"webhookSecret": "whsec_my_secret_key_123",
"webhookEvents": ["message.received", "message.sent"]
}'"""
CREATED_LINK: dict[str, Any] = json.loads("""\
{
"data": {
"id": "550e8400-e29b-41d4-a716-446655440000",
"name": "Acme Corp",
"status": "pending",
"externalId": "customer-123",
"metadata": {
"customerId": "customer-123",
"locationCode": "store-01",
"crmAccountId": "crm_789"
},
"redirectUrl": "https://myapp.com/whatsapp/callback",
"hostedUrl": "https://api.example.com/signup/550e8400-...",
"phoneNumberId": null,
"phoneNumber": null,
"wabaId": null,
"isPhoneRegistered": null,
"webhookUrl": "https://myapp.com/webhooks/whatsapp",
"webhookSecret": "whsec_my_secret_key_123",
"webhookEvents": ["message.received", "message.sent"],
"createdAt": "2024-01-15T10:30:00.000Z",
"completedAt": null
}
}""")
SUCCESS_REDIRECT = (
    "https://myapp.com/whatsapp/callback?onboarding_link_id=x&external_id=customer-123&status=success"
)
ERROR_REDIRECT = (
    "https://myapp.com/whatsapp/callback?onboarding_link_id=x&external_id=customer-123&status=error"
    "&error=brief+message"
)
READ_LINK = """\
curl https://api.example.com/v1/onboarding-links/{id} \\
-H "Authorization: Bearer sk_org_..."
"""
COMPLETED_LINK: dict[str, Any] = json.loads("""\
{
"data": {
"id": "550e8400-e29b-41d4-a716-446655440000",
"name": "Acme Corp",
"status": "completed",
"externalId": "customer-123",
"metadata": {
"customerId": "customer-123",
"locationCode": "store-01",
"crmAccountId": "crm_789"
},
"redirectUrl": "https://myapp.com/whatsapp/callback",
"hostedUrl": "https://api.example.com/signup/550e8400-...",
"phoneNumberId": "660e8400-e29b-41d4-a716-446655440001",
"phoneNumber": "+5491155551234",
"wabaId": "770e8400-e29b-41d4-a716-446655440002",
"isPhoneRegistered": true,
"webhookUrl": "https://api.example.com/webhook/phone/660e8400-...",
"createdAt": "2024-01-15T10:30:00.000Z",
"completedAt": "2024-01-15T10:35:00.000Z"
}
}""")
READ_HEALTH = """\
curl https://api.example.com/v1/phones/{phoneNumberId}/health \\
-H "Authorization: Bearer sk_org_..."
"""
READ_CONNECTION = """\
curl https://api.example.com/v1/wabas/{wabaId}/connection \\
-H "Authorization: Bearer sk_org_..."
"""
CONNECTION: dict[str, Any] = json.loads("""\
{
"data": {
"waba": {
"id": "770e8400-e29b-41d4-a716-446655440002",
"metaWabaId": "123456789012345",
"name": "Acme WhatsApp Business Account",
"currency": "USD",
"ownerBusiness": {
"id": "456789012345678",
"name": "Acme Business Portfolio"
},
"datasetId": "901234567890123",
"pageId": "789012345678901"
},
"connectedAccount": {
"source": "embedded_signup",
"business": {
"id": "456789012345678",
"name": "Acme Business Portfolio"
},
"waba": {
"id": "770e8400-e29b-41d4-a716-446655440002",
"metaWabaId": "123456789012345",
"name": "Acme WhatsApp Business Account",
"currency": "USD"
},
"pageIds": ["789012345678901"],
"selectedPageId": "789012345678901",
"pages": [
{
"id": "789012345678901",
"name": "Acme Facebook Page",
"isFromOnboarding": true,
"isSelectedForCapi": true
}
],
"datasetIds": ["901234567890123"],
"selectedDatasetId": "901234567890123",
"catalogIds": [],
"instagramAccountIds": [],
"marketingMessagesOnboardingStatus": { "status": "COMPLETED" },
"graphLookupErrors": []
},
"phones": []
}
}""")
CONNECTED_EVENT: dict[str, Any] = json.loads("""\
{
"event": "phone_number.connected",
"timestamp": "2024-01-15T10:35:00.000Z",
"organizationId": "org_uuid",
"data": {
"onboardingLinkId": "link_uuid",
"externalId": "customer-123",
"phoneNumberId": "phone_uuid",
"phoneNumber": "+5491155551234",
"wabaId": "waba_uuid",
"metaWabaId": "meta_waba_id",
"isPhoneRegistered": true
}
}""")
LIST_LINKS = """\
curl "https://api.example.com/v1/onboarding-links?page=1&limit=50" \\
-H "Authorization: Bearer sk_org_..."
"""
DELETE_LINK = """\
curl -X DELETE https://api.example.com/v1/onboarding-links/{id} \\
-H "Authorization: Bearer sk_org_..."\
"""

# -- onboarding-metadata.txt -------------------------------------------------------------------------

CREATE_STORE_LINK = """\
curl -X POST https://api.example.com/v1/onboarding-links \\
  -H "Authorization: Bearer sk_org_..." \\
  -H "Content-Type: application/json" \\
  -d '{
    "name": "Acme Store 01",
    "externalId": "customer-123",
    "metadata": {
      "customerId": "customer-123",
      "locationCode": "store-01",
      "crmAccountId": "crm_789",
      "plan": "premium"
    },
    "redirectUrl": "https://myapp.com/whatsapp/callback"
  }'
"""
COMPLETED_STORE_LINK: dict[str, Any] = json.loads("""\
{
  "data": {
    "id": "550e8400-e29b-41d4-a716-446655440000",
    "name": "Acme Store 01",
    "status": "completed",
    "externalId": "customer-123",
    "metadata": {
      "customerId": "customer-123",
      "locationCode": "store-01",
      "crmAccountId": "crm_789",
      "plan": "premium"
    },
    "phoneNumberId": "660e8400-e29b-41d4-a716-446655440001",
    "phoneNumber": "+5491155551234",
    "wabaId": "770e8400-e29b-41d4-a716-446655440002"
  }
}""")
STORE_PHONE: dict[str, Any] = json.loads("""\
{
  "data": {
    "id": "660e8400-e29b-41d4-a716-446655440001",
    "phoneNumberId": "123456789012345",
    "phoneNumber": "+5491155551234",
    "metadata": {
      "customerId": "customer-123",
      "locationCode": "store-01",
      "crmAccountId": "crm_789",
      "plan": "premium"
    },
    "isRegistered": true
  }
}""")
READ_STORE_LINK = """\
curl https://api.example.com/v1/onboarding-links/{onboardingLinkId} \\
  -H "Authorization: Bearer sk_org_..."
"""
READ_STORE_PHONE = """\
curl https://api.example.com/v1/phones/{phoneNumberId} \\
  -H "Authorization: Bearer sk_org_..."
"""

# -- getting-started.txt -----------------------------------------------------------------------------

CREATE_FIRST_LINK = """\
curl -X POST https://api.example.com/v1/onboarding-links \\
-H "Authorization: Bearer sk_org_..." \\
-H "Content-Type: application/json" \\
-d '{"name": "Acme Corp", "redirectUrl": "https://myapp.com/callback"}'
"""
CHECK_HEALTH = """\
curl https://api.example.com/v1/phones/{phoneId}/health \\
-H "Authorization: Bearer sk_org_..."
"""
CREATE_WEBHOOK = """\
curl -X POST https://api.example.com/v1/outgoing-webhooks \\
-H "Authorization: Bearer sk_org_..." \\
-H "Content-Type: application/json" \\
-d '{
"url": "https://yourapp.com/webhooks/whatsapp",
"events": ["message.received", "message.sent"],
"secret": "whsec_your_secret_key"
}'
"""
PAGINATION: dict[str, Any] = json.loads("""\
{
"pagination": {
"page": 1,
"limit": 50,
"total": 120,
"hasMore": true
}
}""")
NOT_FOUND: dict[str, Any] = json.loads("""\
{
"error": {
"message": "Resource not found",
"code": "NOT_FOUND"
}
}""")
