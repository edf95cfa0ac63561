"""Files of the page: sent through the server and read through it, never with Meta's token in a browser."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_POST

from api.errors import InvalidFieldError, NotFoundError
from inbox.files import services
from inbox.files.answers import file_answer
from inbox.files.kinds import LARGEST
from inbox.files.uploads import MARGIN, LimitedFile, TooLargeError
from inbox.models import Media
from shared_inbox.gate import inbox_call, require
from shared_inbox.models import Permission, SharedInboxSession

# A file never changes: who scrolls back does not ask Meta again.
KEPT_BY_BROWSERS = "private, max-age=3600, immutable"


@csrf_exempt
@require_POST
@inbox_call
def upload(request: HttpRequest, session: SharedInboxSession) -> HttpResponseBase:
    """Multipart `file` -> 201 `{data: {id, mimeType, size}}`.

    The CSRF check reads the form: it is made when we have said how files are read, and who may send any.
    """
    require(request, session, Permission.SEND_MEDIA)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdigit() and int(length) > LARGEST + MARGIN:
        raise TooLargeError(None)
    request.upload_handlers = [LimitedFile()]
    return uploaded(request, session)


@csrf_protect
def uploaded(request: HttpRequest, session: SharedInboxSession) -> HttpResponseBase:
    file: Any = request.FILES.get("file")
    if file is None:
        raise InvalidFieldError("file", "A file is needed.", "required")
    row = services.upload(phone=session.link.phone, file=file)
    shown = {"id": str(row.pk), "mimeType": row.mime_type, "size": row.size}
    return JsonResponse({"data": shown}, status=201)


@require_GET
def media(request: HttpRequest, media_id: UUID) -> HttpResponseBase:
    """A file of this phone's messages, streamed from Meta."""
    response = opened(request, media_id=media_id)
    if response.status_code == 200:
        response["Cache-Control"] = KEPT_BY_BROWSERS
    return response


@inbox_call
def opened(request: HttpRequest, session: SharedInboxSession, media_id: UUID) -> HttpResponseBase:
    require(request, session, Permission.READ_INBOX)
    row = Media.objects.filter(phone=session.link.phone, pk=media_id).first()
    if row is None:
        raise NotFoundError
    return file_answer(row, services.open_file(file=row))
