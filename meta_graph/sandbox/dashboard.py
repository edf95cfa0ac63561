"""The partner's side of Meta: portfolio, system user, credit line, and the app with its callbacks."""

from meta_graph.sandbox import handshake
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json

# The webhook fields that the app is subscribed to until told otherwise.
FIELDS = (
    "account_alerts",
    "account_review_update",
    "account_update",
    "business_capability_update",
    "history",
    "message_template_components_update",
    "message_template_quality_update",
    "message_template_status_update",
    "messages",
    "phone_number_name_update",
    "phone_number_quality_update",
    "security",
    "smb_app_state_sync",
    "smb_message_echoes",
    "template_category_update",
    "user_id_update",
    "user_preferences",
)
SETTINGS = frozenset(
    {"callback_url", "verify_token", "deauthorize_url", "data_deletion_url", "fields", "is_active"}
)


class UnknownSettingError(ValueError):
    """The app has no such setting."""


def install(world: World) -> None:
    """Makes what is not there yet; what the configuration names wins over what was remembered."""
    config = world.config
    with world.state as state:
        partner = {"kind": "business", "id": config.business_id, "name": config.app_name}
        state.objects.setdefault(config.business_id, {**partner, "verification_status": "verified"})
        user = {"kind": "system_user", "id": config.system_user_id, "business": config.business_id}
        state.objects.setdefault(
            config.system_user_id, {**user, "name": f"{config.app_name} signups", "role": "ADMIN"}
        )
        told = {"callback_url": config.callback_url, "deauthorize_url": config.deauthorize_url,
                "data_deletion_url": config.data_deletion_url,
                "verify_token": config.verify_token or None}  # fmt: skip
        fresh = {"kind": "app", "id": config.app_id, "business": config.business_id, "name": config.app_name,
                 **dict.fromkeys(told), "fields": list(FIELDS), "is_active": True}  # fmt: skip
        app = state.objects.setdefault(config.app_id, fresh)
        app |= {name: value for name, value in told.items() if value}
        if config.credit_line_id:
            add_credit_line(world, config.credit_line_id)


def app(world: World) -> Json:
    """The app's node: callback_url, deauthorize_url, data_deletion_url, verify_token, fields, is_active."""
    node: Json = world.state.objects[world.config.app_id]
    return node


def configure(world: World, changed: Json, credit_line_id: str = "") -> Json:
    """Changes settings of the app, and gives the portfolio a credit line. Raises UnknownSettingError.

    A callback is verified as Meta does when it is saved: raises GraphError 2200 where that fails.
    """
    if unknown := set(changed) - SETTINGS:
        raise UnknownSettingError(", ".join(sorted(unknown)))
    with world.state:
        wanted = app(world) | changed
    if changed.get("callback_url"):
        handshake.verify_callback(wanted["callback_url"], str(wanted["verify_token"] or ""))
    with world.state:
        app(world).update(changed)
        if credit_line_id:
            add_credit_line(world, credit_line_id)
        return dict(app(world))


def add_credit_line(world: World, identifier: str) -> None:
    line = {"kind": "credit_line", "id": identifier, "business": world.config.business_id}
    world.state.objects.setdefault(identifier, {**line, "legal_entity_name": f"{world.config.app_name} Ltd"})
