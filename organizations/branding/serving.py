"""`/logos/{id}`: the pictures of the hosted pages, public, and kept by browsers for good."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from organizations.models import Logo

# A row never changes: another picture has another address.
KEPT = "public, max-age=31536000, immutable"


@require_safe
def logo(request: HttpRequest, logo_id: UUID) -> HttpResponseBase:
    """The picture, as long as its organization is not suspended."""
    rows = Logo.objects.filter(pk=logo_id, organization__suspended_at=None)
    row = rows.only("content", "content_hash", "mime_type").first()
    if row is None:
        return HttpResponse(status=404, content_type="text/plain", headers={"Cache-Control": "no-store"})
    content, etag = bytes(row.content), quote_etag(row.content_hash)
    response = HttpResponse(
        b"" if request.method == "HEAD" else content,
        content_type=row.mime_type,
        headers={
            "Content-Length": str(len(content)),
            "Cache-Control": KEPT,
            "ETag": etag,
            "Content-Security-Policy": "default-src 'none'",
        },
    )
    return get_conditional_response(request, etag=etag, response=response) or response
