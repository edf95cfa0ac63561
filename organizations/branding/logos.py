"""An organization's logos: asked for once, kept, and named by an address of ours."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, ManyToOneRel, OuterRef, Q
from django.utils import timezone

from api.throttling import Rate, spend
from organizations.branding.fetching import fetched
from organizations.branding.pictures import Drawing, drawn
from organizations.branding.refusals import LogoError, LogoGoneError, TooManyFetchesError
from organizations.models import Logo, Organization

__all__ = ["LogoError", "Picture", "checked_logo", "fetched_logo", "kept_logo", "logo_url"]

TAKEN_AGAIN_FOR = timedelta(hours=24)


@dataclass(frozen=True)
class NewPicture:
    """What the URL answered just now, not kept yet."""

    source_url: str
    drawing: Drawing
    fetched_at: datetime


# What a URL was found to be: kept already, or new.
Picture = Logo | NewPicture


def checked_logo(*, organization: Organization, url: str) -> Picture:
    """The picture at the URL, as a link may have it. Raises LogoError, whose `message` says what to do.

    One that was fetched for this organization within 24 h is taken again. Else the network is asked, for
    5 s at most: never within a transaction. Raises what `fetched_logo` does.
    """
    since = timezone.now() - TAKEN_AGAIN_FOR
    of_url = Logo.objects.filter(organization=organization, source_url=url, fetched_at__gt=since)
    return of_url.defer("content").order_by("-fetched_at").first() or fetched_logo(
        organization=organization, url=url
    )


def fetched_logo(*, organization: Organization, url: str) -> NewPicture:
    """The picture that is at the URL now. As above; raises TooManyFetchesError and DecoderBusyError too."""
    spent = spend(f"logo:{organization.pk}", Rate(settings.LOGO_FETCHES_PER_HOUR, 3600))
    if spent.is_over:
        raise TooManyFetchesError(spent.reset)
    drawing = drawn(fetched(url))
    return NewPicture(url, drawing, timezone.now())


def kept_logo(*, organization: Organization, picture: Picture) -> Logo:
    """The row of the picture, made where there is none yet. In the change's own transaction.

    The row is locked: nobody finds it unused meanwhile. Raises LogoGoneError where somebody did before.
    """
    rows = Logo.objects.select_for_update(no_key=True).defer("content")
    if isinstance(picture, Logo):
        row = rows.filter(pk=picture.pk).first()
        if row is None:
            raise LogoGoneError
        return row
    drawing = picture.drawing
    logo, is_new = rows.get_or_create(
        organization=organization,
        source_url=picture.source_url,
        content_hash=drawing.content_hash,
        defaults={
            "content": drawing.content,
            "mime_type": drawing.mime_type,
            "width": drawing.width,
            "height": drawing.height,
            "fetched_at": picture.fetched_at,
        },
    )
    if not is_new:
        older = Q(pk=logo.pk, fetched_at__lt=picture.fetched_at)
        Logo.objects.filter(older).update(fetched_at=picture.fetched_at)
    return logo


def forget_unused(logo_id: UUID) -> None:
    """Deletes a logo that nothing shows, whatever can show one. In the change's own transaction."""
    rows = Logo.objects.filter(pk=logo_id)
    if not rows.select_for_update().values_list("pk"):
        return
    for relation in Logo._meta.get_fields(include_hidden=True):
        if isinstance(relation, ManyToOneRel):
            showing = relation.related_model._base_manager.filter(**{relation.field.name: OuterRef("pk")})
            rows = rows.filter(~Exists(showing))
    rows.delete()


def logo_url(logo: Logo) -> str:
    """Where browsers get it: from us, so that a page has nobody else's picture."""
    return f"{settings.PUBLIC_BASE_URL}/logos/{logo.pk}"
