"""The form of an upload, and the answer to it."""

from rest_framework import serializers

from api.fields import Text
from api.serializers import Input, Output


class File(serializers.FileField):
    """A part of a form. An empty one is refused."""

    request_schema = {"minLength": 1}


class UploadInput(Input):
    file = File(
        help_text="The file, with its Content-Type. Images up to 5 MB, stickers (WebP) 500 KB, audio and "
        "video 16 MB, everything else 100 MB."
    )


class MediaOutput(Output):
    id = serializers.UUIDField(help_text="The `mediaId` of messages.")
    mimeType = Text(source="mime_type", allow_null=True)
    size = serializers.IntegerField(allow_null=True, help_text="Bytes.")
