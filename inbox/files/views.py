"""`/v1/phones/{id}/media`."""

from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiRequest,
    OpenApiResponse,
    extend_schema,
)
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import NotFoundError, UnsupportedMediaTypeError
from inbox.files import services
from inbox.files.answers import file_answer
from inbox.files.serializers import MediaOutput, UploadInput
from inbox.files.uploads import UploadParser
from inbox.models import Media
from inbox.viewsets import InboxViewSet

EXAMPLE = {"id": "aa0e8400-e29b-41d4-a716-446655440005", "mimeType": "application/pdf", "size": 48213}
MEDIA_ID = OpenApiParameter("mediaId", str, OpenApiParameter.PATH, description="Our id, or Meta's.")


# The part says what it is: without that its name has to tell.
TYPED = {"file": {"contentType": "image/jpeg, image/png, video/mp4, audio/ogg, application/pdf"}}


class FormNeededError(UnsupportedMediaTypeError):
    message = "The body must be multipart/form-data, with the file as its part `file`."


class MediaViewSet(InboxViewSet):
    """Files to send, and files that came."""

    queryset = Media.objects.none()
    serializer_class = MediaOutput
    parser_classes = [UploadParser]
    asks_meta = ("create", "retrieve")

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(FormNeededError() if isinstance(exc, UnsupportedMediaType) else exc)

    @extend_schema(
        operation_id="uploadMedia",
        request={"multipart/form-data": OpenApiRequest(UploadInput, encoding=TYPED)},
        responses={201: MediaOutput},
        examples=[OpenApiExample("A document", EXAMPLE, response_only=True, status_codes=["201"])],
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Upload a file, to be sent by its `mediaId` as often as you like for 30 days.

        A form with one part, `file`. 413 when it is larger than WhatsApp takes of its kind; 422 when Meta
        does not take its type.
        """
        phone = self.phone
        file = self.validated(UploadInput)["file"]
        with file:
            row = services.upload(phone=phone, file=file)
        return Response(MediaOutput(row).data, status=201)

    @extend_schema(
        operation_id="downloadMedia",
        parameters=[MEDIA_ID],
        responses={
            (200, "application/octet-stream"): OpenApiResponse(
                OpenApiTypes.BINARY, "The file, with its own Content-Type, length and name."
            )
        },
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> StreamingHttpResponse:  # type: ignore[override]
        """Read a file from Meta, as it is kept there: 7 days for what contacts sent, 30 for uploads.

        404 when Meta has deleted it; the text says so.
        """
        file = self.media()
        return file_answer(file, services.open_file(file=file))

    def media(self) -> Media:
        """The file of the path, by our id or Meta's, or a 404."""
        rows, given = Media.objects.filter(phone=self.phone), self.kwargs["mediaId"]
        if given.isascii() and given.isdigit():
            found = rows.filter(meta_media_id=given).first()
            if found is None:
                raise NotFoundError
            return found
        row: Media = self.row(rows, "mediaId")
        return row
