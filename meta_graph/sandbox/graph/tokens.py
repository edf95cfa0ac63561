"""Who is asking, and which objects that token may reach."""

import hashlib
import hmac

from meta_graph.sandbox.graph.call import Caller
from meta_graph.sandbox.graph.errors import GraphError
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json, Request

MALFORMED = "Invalid OAuth access token - Cannot parse access token"


def token_error(record: Json | None, now: float) -> GraphError | None:
    """190 with Meta's subcode where a customer's token no longer works, None where it does."""
    if record is None:
        return GraphError(190, MALFORMED)
    if record["is_revoked"]:
        return GraphError(
            190,
            "Error validating access token: The session was invalidated or the user removed the application.",
            subcode=460,
        )
    if record["expires_at"] and record["expires_at"] <= now:
        return GraphError(190, "Error validating access token: Session has expired.", subcode=463)
    return None


def token_of(request: Request) -> str:
    """The token that came with it, empty where none did."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    is_header = scheme.lower() in ("bearer", "oauth")
    return bearer.strip() if is_header else str(request.fields.get("access_token", ""))


def identify(world: World, request: Request) -> Caller:
    """The caller by its token. Raises GraphError 104 without a token, 190 for one that does not work,
    100 for a wrong appsecret_proof.
    """
    token = token_of(request)
    if not token:
        raise GraphError(104, "An access token is required to request this resource.")
    proof = request.fields.get("appsecret_proof")
    if proof is not None and not hmac.compare_digest(str(proof), proof_of(world, token)):
        raise GraphError(
            100, "Invalid appsecret_proof provided in the API argument", type="GraphMethodException"
        )
    if token == world.config.app_token:
        return Caller("APP", token)
    if world.config.system_user_token and token == world.config.system_user_token:
        return Caller("SYS", token)
    record = world.state.tokens.get(token)
    if error := token_error(record, world.now()):
        raise error
    return Caller("BIZ", token, record)


def proof_of(world: World, token: str) -> str:
    return hmac.new(world.config.app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def may_reach(world: World, caller: Caller, node: Json) -> bool:
    """A customer's token reaches what its dialog granted; the system user what customers share with us.

    Our app with its uploads and our credit line are reached by all: a credit line is attached with the
    customer's token, and uploads are signed.
    """
    if caller.kind == "SYS":
        return shares(world, node)
    if node["kind"] in ("app", "credit_line", "upload"):
        return True
    if caller.record is None:
        return False
    if node["kind"] in ("phone_number", "media", "template"):
        return node["waba"] in caller.record["wabas"]
    if node["kind"] == "waba":
        return node["id"] in caller.record["wabas"]
    if node["kind"] == "business":
        return bool(node["id"] == caller.record["business"])
    return node["id"] in caller.record["assets"]


def shares(world: World, node: Json) -> bool:
    """Whether a customer's account is shared with us, or the node's account is; all else is in our reach."""
    waba = world.state.objects.get(node.get("waba", ""), node)
    return bool(waba.get("is_shared", True))
