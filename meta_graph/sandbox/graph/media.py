"""Media: uploaded, looked up, downloaded from a URL of five minutes, deleted.

https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media
"""

import hashlib
import hmac

from meta_graph.sandbox.graph.call import Call
from meta_graph.sandbox.graph.errors import GraphError, invalid_parameter, unreachable
from meta_graph.sandbox.graph.tokens import identify, may_reach
from meta_graph.sandbox.messaging.files import KINDS, UPLOADED_LIFE, kind_of, plain
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json, Request, Response, json_response

URL_LIFE = 300  # seconds


def upload(call: Call) -> Json:
    """`POST /{phone}/media`, a form with `messaging_product`, `type` and `file`."""
    form = call.request.multipart
    if form.fields.get("messaging_product") != "whatsapp":
        raise GraphError(100, "(#100) The parameter messaging_product is required.")
    if form.content is None:
        raise GraphError(100, "(#100) The parameter file is required.")
    mime_type = form.fields.get("type") or form.mime_type
    kind = kind_of(mime_type)
    if kind is None:
        known = ", ".join(mime_type for kind in KINDS.values() for mime_type in kind.mime_types)
        raise GraphError(
            100, f"(#100) Param file must be a file with one of the following types: {known}. Received file"
            f" of type '{plain(mime_type)}'."
        )  # fmt: skip
    if not form.content:
        raise invalid_parameter("file is empty")
    if len(form.content) > KINDS[kind].largest:
        raise invalid_parameter(f"file is longer than the {KINDS[kind].largest} bytes of {kind}")
    return {"id": keep(call.world, call.node, form.content, mime_type)["id"]}


def keep(world: World, phone: Json, content: bytes, mime_type: str, life: float = UPLOADED_LIFE) -> Json:
    """Stores a file of a number: its node. Meta deletes it after `life` seconds."""
    media = world.state.add(
        "media",
        waba=phone["waba"],
        phone=phone["id"],
        mime_type=mime_type,
        sha256=hashlib.sha256(content).hexdigest(),
        file_size=len(content),
        expires_at=world.now() + life,
    )
    world.files.put(media["id"], content)
    return media


def read(call: Call) -> Json:
    """`GET /{media}?phone_number_id=`: where it can be had for five minutes."""
    media = require(call, "get")
    url = f"{call.request.origin}/_media/{media['id']}?{signed(call.world, media, call.world.now())}"
    return {
        "messaging_product": "whatsapp",
        "url": url,
        "mime_type": media["mime_type"],
        "sha256": media["sha256"],
        "file_size": media["file_size"],
        "id": media["id"],
    }


def delete(call: Call) -> Json:
    media = require(call, "delete")
    call.world.files.drop(media["id"])
    del call.state.objects[media["id"]]
    return {"success": True}


def require(call: Call, method: str) -> Json:
    """The file, if it still is one and is the number's that the call names."""
    media, phone = call.node, call.text("phone_number_id")
    is_here = call.world.files.get(media["id"]) is not None and media["expires_at"] > call.world.now()
    if not is_here or phone not in ("", media["phone"]):
        raise unreachable(method, media["id"])
    return media


def signed(world: World, media: Json, now: float) -> str:
    ext = str(int(now) + URL_LIFE)
    digest = hmac.new(world.config.app_secret.encode(), f"{media['id']}/{ext}".encode(), hashlib.sha256)
    return f"ext={ext}&hash={digest.hexdigest()}"


def download(world: World, request: Request, identifier: str) -> Response:
    """`GET` of the URL: the file for a token that reaches it, 404 when the five minutes are over."""
    with world.state as state:
        media = state.objects.get(identifier, {})
        try:
            is_allowed = bool(media) and may_reach(world, identify(world, request), media)
        except GraphError as refused:
            return json_response(refused.as_json(), 401)
    ends = request.query.get("ext", "")
    content = world.files.get(identifier)
    is_right = ends.isdigit() and f"ext={ends}&hash={request.query.get('hash')}" == signed(
        world, media | {"id": identifier}, int(ends) - URL_LIFE
    )
    if not is_allowed or not is_right or content is None or int(ends) < world.now():
        return json_response({"error": {"message": "The URL has expired.", "code": 404}}, 404)
    return Response(200, content, plain(media["mime_type"]))
