"""The table of Graph endpoints: what is asked of which kind of node, and the permission it needs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from meta_graph.sandbox.graph import (
    apps,
    businesses,
    coexistence,
    credit_lines,
    media,
    messages,
    nodes,
    oauth,
    phone_numbers,
    preverified_numbers,
    templates,
    uploads,
    wabas,
)
from meta_graph.sandbox.graph.call import Call
from meta_graph.sandbox.wsgi import Json

MANAGEMENT, MESSAGING = "whatsapp_business_management", "whatsapp_business_messaging"
BUSINESS_MANAGEMENT = "business_management"


@dataclass(frozen=True)
class Endpoint:
    """`name` is for scenarios and the record of calls; an endpoint that calls out takes the lock itself.

    `is_budgeted`: it counts in the hourly budget of the account, as what concerns messages does not.
    """

    name: str
    handler: Callable[[Call], Any]
    scope: str = MANAGEMENT
    needs_token: bool = True
    holds_lock: bool = True

    @property
    def is_budgeted(self) -> bool:
        return self.scope != MESSAGING


ROOTS = {
    ("GET", "oauth/access_token"): Endpoint("access_token", oauth.access_token, needs_token=False),
    ("GET", "debug_token"): Endpoint("debug_token", oauth.debug_token),
    ("GET", "me"): Endpoint("me", oauth.me),
}

EDGES = {
    ("GET", "waba", "phone_numbers"): Endpoint("phone_numbers", wabas.phone_numbers),
    ("POST", "waba", "phone_numbers"): Endpoint("add_phone_number", wabas.add_phone_number),
    ("GET", "waba", "subscribed_apps"): Endpoint("subscribed_apps", wabas.subscribed_apps),
    ("POST", "waba", "subscribed_apps"): Endpoint("subscribe", wabas.subscribe, holds_lock=False),
    ("DELETE", "waba", "subscribed_apps"): Endpoint("unsubscribe", wabas.unsubscribe),
    ("GET", "waba", "dataset"): Endpoint("dataset", wabas.dataset, "whatsapp_business_manage_events"),
    ("GET", "waba", "product_catalogs"): Endpoint(
        "product_catalogs", wabas.product_catalogs, "catalog_management"
    ),
    ("GET", "waba", "assigned_users"): Endpoint("assigned_users", wabas.assigned_users),
    ("POST", "waba", "assigned_users"): Endpoint("assign_user", wabas.assign_user),
    ("GET", "waba", "message_templates"): Endpoint("list_templates", templates.listed),
    ("POST", "waba", "message_templates"): Endpoint("create_template", templates.create),
    ("DELETE", "waba", "message_templates"): Endpoint("delete_template", templates.delete),
    ("POST", "phone_number", "register"): Endpoint("register", phone_numbers.register),
    ("POST", "phone_number", "deregister"): Endpoint("deregister", phone_numbers.deregister),
    ("POST", "phone_number", "request_code"): Endpoint("request_code", phone_numbers.request_code),
    ("POST", "phone_number", "verify_code"): Endpoint("verify_code", phone_numbers.verify_code),
    ("POST", "phone_number", "smb_app_data"): Endpoint("smb_app_data", coexistence.request_sync),
    ("POST", "phone_number", "messages"): Endpoint(
        "send_message", messages.send, MESSAGING, holds_lock=False
    ),
    ("POST", "phone_number", "media"): Endpoint("upload_media", media.upload, MESSAGING, holds_lock=False),
    ("POST", "business", "add_phone_numbers"): Endpoint(
        "add_preverified_number", preverified_numbers.add, BUSINESS_MANAGEMENT
    ),
    ("GET", "business", "preverified_numbers"): Endpoint(
        "preverified_numbers", preverified_numbers.listed, BUSINESS_MANAGEMENT
    ),
    ("POST", "preverified_number", "request_code"): Endpoint(
        "request_code", preverified_numbers.request_code, BUSINESS_MANAGEMENT
    ),
    ("POST", "preverified_number", "verify_code"): Endpoint(
        "verify_code", preverified_numbers.verify_code, BUSINESS_MANAGEMENT
    ),
    ("GET", "business", "system_users"): Endpoint("system_users", businesses.system_users),
    ("GET", "business", "extendedcredits"): Endpoint("extendedcredits", credit_lines.credit_lines),
    ("GET", "credit_line", "owning_credit_allocation_configs"): Endpoint(
        "allocations", credit_lines.allocations
    ),
    ("POST", "credit_line", "whatsapp_credit_sharing_and_attach"): Endpoint(
        "share_and_attach", credit_lines.share_and_attach
    ),
    ("POST", "credit_line", "whatsapp_credit_sharing"): Endpoint("share_credit", credit_lines.share),
    ("POST", "credit_line", "whatsapp_credit_attach"): Endpoint("attach_credit", credit_lines.attach),
    ("POST", "app", "uploads"): Endpoint("begin_upload", uploads.begin),
    ("GET", "app", "subscriptions"): Endpoint("app_subscriptions", apps.subscriptions),
    ("GET", "business", "owned_pages"): Endpoint("owned_pages", businesses.owned_pages, BUSINESS_MANAGEMENT),
    ("GET", "business", "instagram_accounts"): Endpoint(
        "instagram_accounts", businesses.instagram_accounts, BUSINESS_MANAGEMENT
    ),
    ("GET", "business", "owned_whatsapp_business_accounts"): Endpoint(
        "owned_wabas", businesses.owned_wabas, BUSINESS_MANAGEMENT
    ),
    ("GET", "business", "client_whatsapp_business_accounts"): Endpoint(
        "client_wabas", businesses.client_wabas
    ),
    ("POST", "business", "system_user_access_tokens"): Endpoint(
        "fetch_customer_token", oauth.fetch_customer_token
    ),
}

UPLOAD_FILE = Endpoint("upload_file", uploads.receive)
MARK_READ = Endpoint("mark_read", messages.mark_read, MESSAGING)
MEDIA = {
    "GET": Endpoint("get_media", media.read, MESSAGING),
    "DELETE": Endpoint("delete_media", media.delete, MESSAGING),
}

NODE_SCOPES = {
    "business": BUSINESS_MANAGEMENT,
    "preverified_number": BUSINESS_MANAGEMENT,
    "page": "pages_show_list",
    "dataset": "whatsapp_business_manage_events",
    "catalog": "catalog_management",
    "instagram_account": "instagram_basic",
    "ad_account": "ads_read",
}


def find(method: str, kind: str, edge: str, fields: Json) -> Endpoint | None:
    """The endpoint of a node (`edge` is empty) or of an edge of it; None is what Meta does not know.

    Sending a message and marking one as read are two things at one edge.
    """
    if (method, kind, edge) == ("POST", "phone_number", "messages") and fields.get("status") == "read":
        return MARK_READ
    if edge:
        return EDGES.get((method, kind, edge))
    if kind == "media":
        return MEDIA.get(method)
    if kind == "upload":
        return UPLOAD_FILE if method == "POST" else None
    if method == "GET":
        return Endpoint(f"get_{kind}", nodes.get_node, NODE_SCOPES.get(kind, MANAGEMENT))
    if (method, kind) == ("DELETE", "allocation"):
        return Endpoint("revoke_credit", credit_lines.revoke)
    if (method, kind) == ("DELETE", "preverified_number"):
        return Endpoint("delete_preverified_number", preverified_numbers.delete, BUSINESS_MANAGEMENT)
    if (method, kind) == ("POST", "phone_number"):
        return Endpoint("update_phone_number", phone_numbers.update, holds_lock=False)
    return None
