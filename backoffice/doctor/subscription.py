"""The app's own webhook subscription, as the App Dashboard shows it: where Meta sends, and what."""

from django.conf import settings

from backoffice.doctor.findings import Finding, failed, not_checked, ok, warning
from meta_graph import apps
from meta_graph.client import app_token

OBJECT = "whatsapp_business_account"
NEEDED = ("account_update",)
# What the rest is for, and the fields of it.
WANTED: dict[str, tuple[str, ...]] = {
    "coexistence": ("history", "smb_app_state_sync", "smb_message_echoes"),
    "messages": ("messages", "user_preferences"),
    "templates": ("message_template_status_update", "template_category_update"),
    "the state of accounts and numbers": (
        "account_alerts",
        "account_review_update",
        "business_capability_update",
        "phone_number_name_update",
        "phone_number_quality_update",
        "security",
    ),
}
WHERE = "App Dashboard > WhatsApp > Configuration > Webhook"


def callback_url() -> str:
    return f"{settings.PUBLIC_BASE_URL}/webhook/meta"


def subscribed() -> apps.AppSubscription | None:
    """Raises GraphError."""
    found = apps.list_subscriptions(app_id=settings.META_APP_ID, token=app_token())
    return next((one for one in found if one.object == OBJECT), None)


def webhook_subscription() -> Finding:
    """Whether Meta sends, and to us."""
    one = subscribed()
    if one is None:
        return failed(
            f"the app is not subscribed to {OBJECT}",
            f"Enter {callback_url()} and META_WEBHOOK_VERIFY_TOKEN at the {WHERE}.",
        )
    if one.callback_url != callback_url():
        return failed(
            f"Meta sends to {one.callback_url}, which is not {callback_url()}",
            f"Correct it at the {WHERE}, or PUBLIC_BASE_URL.",
        )
    if not one.is_active:
        return failed("the subscription is switched off", f"Save the callback again at the {WHERE}.")
    return ok(f"Meta sends to {one.callback_url}")


def webhook_fields() -> Finding:
    """Which fields are sent: a setting of the whole app, whatever a WABA is subscribed to."""
    one = subscribed()
    if one is None:
        return not_checked("there is no subscription")
    remedy = f"Subscribe to them at the {WHERE} > Webhook fields."
    lacking = {purpose: missing(fields, one) for purpose, fields in WANTED.items()}
    words = [f"{', '.join(fields)} (for {purpose})" for purpose, fields in lacking.items() if fields]
    if needed := missing(NEEDED, one):
        why = "lost signups are not found, disconnections not heard of"
        return failed("; ".join([f"missing: {', '.join(needed)} ({why})", *words]), remedy)
    return warning(f"missing: {'; '.join(words)}", remedy) if words else ok(f"all {count()} that are used")


def missing(fields: tuple[str, ...], one: apps.AppSubscription) -> list[str]:
    return [field for field in fields if field not in one.fields]


def count() -> int:
    return len(NEEDED) + sum(map(len, WANTED.values()))
