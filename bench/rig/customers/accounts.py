"""Organizations, of which one has half of everything, their keys, WABAs, numbers and endpoints."""

from bench.rig.customers.filling import SECRET, ago, chosen, fill, literal, series, text, uid
from bench.rig.customers.sizes import Size
from organizations.models import ApiKey, Logo, Organization
from phones.models import CodeRequest, CoexistenceSync, PhoneNumber, RegistrationAttempt
from wabas.models import Waba
from webhooks.models import OutgoingWebhook, WebhookLane

HEALTH = literal(
    '{"can_send_message": "LIMITED", "entities": [{"entity_type": "PHONE_NUMBER", "id": "1065400123",'
    ' "can_send_message": "AVAILABLE"}, {"entity_type": "WABA", "id": "1022901293", "can_send_message":'
    ' "LIMITED", "errors": [{"error_code": 141006, "error_description": "A payment method is missing.",'
    ' "possible_solution": "Add one."}]}]}'
)


def owner(place: str, size: Size) -> str:
    """Every second row belongs to the first organization."""
    return uid(
        "organization", f"CASE WHEN {place} % 2 = 1 THEN 1 ELSE 1 + {place} / 2 % {size.organizations} END"
    )


def waba_of(place: str, size: Size) -> str:
    """The place of the WABA of a number or link."""
    return f"(1 + ({place} - 1) % {size.wabas})"


def announced(place: str) -> str:
    """One number in twenty cannot send; of one in five nothing was told yet."""
    told = (
        '{"capabilities": {"canReceiveMessages": true, "canSendMessages": %s, "canSendTemplates": %s},'
        ' "warnings": [], "at": "2026-10-01T10:00:00.000Z"}'
    )
    silent, able = (literal(told % (word, word)) for word in ("false", "true"))
    return f"(CASE WHEN {place} % 20 = 3 THEN {silent} WHEN {place} % 5 <> 4 THEN {able} END)::jsonb"


def fill_all(size: Size) -> None:
    fill_organizations(size)
    fill_wabas(size)
    fill_phones(size)
    fill_endpoints(size)


def fill_organizations(size: Size) -> None:
    fill(
        Organization,
        series(size.organizations),
        id=uid("organization", "n"),
        name="CASE n WHEN 1 THEN 'Largest CRM' ELSE 'Customer ' || n END",
        suspended_at="CASE WHEN n % 4 = 3 THEN now() END",
        created_at="now() - n * interval '1 hour'",
    )
    fill(
        Logo,
        series(size.organizations),
        id=uid("logo", "n"),
        organization_id=uid("organization", "n"),
        content=r"'\x89504e47'",
        source_url="'https://crm' || n || '.example.com/logo.png'",
        content_hash="md5(n::text)",
        mime_type="'image/png'",
        width="600",
        height="180",
        fetched_at="now()",
    )
    fill(
        ApiKey,
        series(size.organizations * 4),
        id=uid("key", "n"),
        organization_id=owner("n", size),
        name="'server ' || n",
        key_hash="md5(n::text)",
        prefix=f"'gw_live_' || {text('n')}",
        scopes='\'["read", "write"]\'',
        revoked_at="CASE WHEN n % 5 = 2 THEN now() END",
        expires_at="CASE WHEN n % 5 = 3 THEN now() - interval '1 day' END",
    )


def fill_wabas(size: Size) -> None:
    is_connected = "n % 20 <> 5"
    fill(
        Waba,
        series(size.wabas),
        id=uid("waba", "n"),
        organization_id=owner("n", size),
        meta_waba_id=f"'10229' || {text('n')}",
        name="'Café ' || n",
        owner_business_id=f"'53868' || {text('n * 5 / 6')}",
        health=HEALTH,
        owner_business_name="'Business ' || n * 5 / 6",
        is_subscribed="NULLIF(n % 30, 7) IS NOT NULL",
        status=f"CASE WHEN {is_connected} THEN 'connected' ELSE 'disconnected' END",
        disconnected_at=f"CASE WHEN NOT ({is_connected}) THEN now() END",
        access_token=f"CASE WHEN {is_connected} THEN {SECRET} END",
        token_expires_at="CASE WHEN n % 10 = 1 THEN now() + n % 600 * interval '2 hours' END",
        token_refused_at="CASE WHEN n % 100 = 2 THEN now() END",
        credit_line_status=chosen("n", "verified", "shared", "refused", "unsupported_currency", "revoked"),
        check_due_at=f"CASE WHEN {is_connected} THEN now() + n % 600 * interval '6 seconds' END",
        created_at=ago("n", size.wabas, 180),
    )


def fill_phones(size: Size) -> None:
    waba = waba_of("n", size)
    fill(
        PhoneNumber,
        series(size.links),
        id=uid("phone", "n"),
        organization_id=owner(waba, size),
        waba_id=uid("waba", waba),
        meta_phone_number_id=f"'10654' || {text('n')}",
        phone_number=f"'+549115' || {text('n')}",
        display_name="'Café ' || n",
        verified_name="'Café ' || n",
        external_id="'customer-' || n",
        is_registered="n % 25 <> 6",
        is_coexistence="n % 10 = 1",
        health=HEALTH,
        pin=SECRET,
        status=chosen("n", *["CONNECTED"] * 9, "PENDING", "FLAGGED", "RESTRICTED", "BANNED"),
        quality_rating="'GREEN'",
        announced=announced("n"),
        synced_at="now()",
        onboarded_at="now()",
        disconnected_at="CASE WHEN n % 50 = 9 THEN now() END",
        sync_requested_at="CASE WHEN n % 100 = 11 THEN now() END",
        created_at=ago("n", size.links, 180),
    )
    fill(
        RegistrationAttempt,
        f"{series(size.links)} CROSS JOIN generate_series(1, 2)",
        phone_id=uid("phone", "n"),
        made_by="'platform'",
        outcome="'registered'",
        made_at="now()",
    )
    fill(
        CoexistenceSync,
        f"{series(size.links)} WHERE n % 10 = 1",
        phone_id=uid("phone", "n"),
        kind="'history'",
        outcome="'accepted'",
        requested_at="now()",
    )
    fill(
        CodeRequest,
        series(size.links // 10),
        meta_phone_number_id=f"'10644' || {text('n')}",
        method="'SMS'",
        outcome="'sent'",
    )


def fill_endpoints(size: Size) -> None:
    fill(
        OutgoingWebhook,
        series(size.endpoints),
        id=uid("endpoint", "n"),
        organization_id=owner("n", size),
        secret=SECRET,
        events="'[\"*\"]'",
        waba_id=f"CASE WHEN n % 10 <> 1 THEN {uid('waba', 'n')} END",
        url="'https://crm' || n || '.example.com/hooks/whatsapp'",
        is_active="n % 20 NOT IN (2, 3)",
        disabled_reason="CASE WHEN n % 20 = 2 THEN 'failing' END",
        disabled_at="CASE WHEN n % 20 = 2 THEN now() END",
        deleted_at="CASE WHEN n % 20 = 4 THEN now() END",
        created_at=ago("n", size.endpoints, 180),
    )
    fill(
        WebhookLane,
        f"{series(size.endpoints)} WHERE n % 20 = 1",
        webhook_id=uid("endpoint", "n"),
        failures="n % 9",
        first_failure_at="now() - interval '1 hour'",
        open_until="CASE WHEN n % 40 = 1 THEN now() + interval '1 minute' END",
    )
