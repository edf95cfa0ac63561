"""Codes and tokens: the exchange, debug_token, and the recovery of a customer's token."""

from meta_graph.sandbox.graph.call import Call, Caller
from meta_graph.sandbox.graph.errors import GraphError, invalid_parameter
from meta_graph.sandbox.graph.tokens import MALFORMED, proof_of, token_error
from meta_graph.sandbox.wsgi import Json

CODE_LIFE = 30  # seconds
TARGETS = {
    "whatsapp_business_management": "wabas",
    "whatsapp_business_messaging": "wabas",
    "pages_show_list": "page",
    "catalog_management": "catalog",
    "instagram_basic": "instagram_account",
    "ads_read": "ad_account",
    "whatsapp_business_manage_events": "dataset",
}


def access_token(call: Call) -> Json:
    """`GET /oauth/access_token`: a code works once and lives 30 seconds."""
    config = call.world.config
    if call.text("client_id") != config.app_id:
        raise GraphError(
            101, "Error validating application. Cannot get application info due to a system error."
        )
    if call.text("client_secret") != config.app_secret:
        raise GraphError(1, "Error validating client secret.")
    code = call.state.codes.get(call.text("code"))
    if code is None:
        raise GraphError(100, "Invalid verification code format.", subcode=36004)
    if code["is_used"]:
        raise GraphError(100, "This authorization code has been used.", subcode=36009)
    if call.world.now() - code["created_at"] > CODE_LIFE:
        raise GraphError(100, "This authorization code has expired.", subcode=36007)
    code["is_used"] = True
    expires_at = call.state.tokens[code["token"]]["expires_at"]
    answer: Json = {"access_token": code["token"], "token_type": "bearer"}
    if expires_at:
        answer["expires_in"] = int(expires_at - call.world.now())
    return answer


def debug_token(call: Call) -> Json:
    """`GET /debug_token`: for the app's or the system user's token only."""
    if call.caller.kind not in ("APP", "SYS"):
        raise GraphError(
            100,
            "(#100) You must provide an app access token, or a user access token that is an owner or"
            " developer of the app",
        )
    asked = call.text("input_token")
    if not asked:
        raise GraphError(100, "(#100) The parameter input_token is required")
    if asked == call.world.config.system_user_token:
        return {"data": own_token(call)}
    record = call.state.tokens.get(asked)
    if record is None:
        return {"data": {"error": {"code": 190, "message": MALFORMED}, "is_valid": False, "scopes": []}}
    data = customer_token(call, record)
    if error := token_error(record, call.world.now()):
        data |= {
            "is_valid": False,
            "error": {"code": error.code, "subcode": error.subcode, "message": error.message},
        }
    return {"data": data}


def customer_token(call: Call, record: Json) -> Json:
    return {
        "app_id": call.world.config.app_id,
        "type": "SYSTEM_USER",
        "application": call.world.config.app_name,
        "data_access_expires_at": int(record["issued_at"]) + 90 * 86400,
        "expires_at": int(record["expires_at"]),
        "is_valid": True,
        "issued_at": int(record["issued_at"]),
        "scopes": [*record["scopes"], "public_profile"],
        "granular_scopes": [granular_scope(call, record, scope) for scope in record["scopes"]],
        "user_id": record["user_id"],
    }


def granular_scope(call: Call, record: Json, scope: str) -> Json:
    """The ids that one scope was granted for, WABAs newest first; none where access was not narrowed."""
    kind = TARGETS.get(scope)
    if kind == "wabas":
        return {"scope": scope, "target_ids": record["wabas"]}
    ids = [asset for asset in record["assets"] if call.state.objects[asset]["kind"] == kind]
    return {"scope": scope, "target_ids": ids} if ids else {"scope": scope}


def own_token(call: Call) -> Json:
    scopes = ["business_management", "whatsapp_business_management", "whatsapp_business_messaging"]
    return {
        "app_id": call.world.config.app_id,
        "type": "SYSTEM_USER",
        "application": call.world.config.app_name,
        "expires_at": 0,
        "is_valid": True,
        "issued_at": 1_700_000_000,
        "scopes": [*scopes, "public_profile"],
        "user_id": call.world.config.system_user_id,
    }


def me(call: Call) -> Json:
    """`GET /me`: the system user behind the token, and with a customer's token their portfolio."""
    record = call.caller.record
    if record is None:
        return {"id": call.world.config.system_user_id, "name": f"{call.world.config.app_name} system user"}
    return {"id": record["user_id"], "name": "Sandbox system user", "client_business_id": record["business"]}


def fetch_customer_token(call: Call) -> Json:
    """`POST /{business}/system_user_access_tokens` with `fetch_only`: the customer's newest token again."""
    require_partner(call.caller)
    if call.text("appsecret_proof") != proof_of(call.world, call.caller.token):
        raise GraphError(100, "(#100) The parameter appsecret_proof is required")
    if call.text("fetch_only").lower() != "true":
        raise invalid_parameter("only fetch_only=true is known here")
    for token, record in reversed(call.state.tokens.items()):
        if record["business"] == call.node["id"] and token_error(record, call.world.now()) is None:
            return {"access_token": token}
    raise GraphError(100, "(#100) No system user access token was found for this business and app")


def require_partner(caller: Caller) -> None:
    if caller.kind != "SYS":
        raise GraphError(10, "(#10) Application does not have permission for this action")
