"""What needs somebody, a tile each: a count that an index gives, and the list where it is cured."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Model, QuerySet

from inbox.models import Message
from meta_events.models import Change, Notification, UserRequest
from onboarding.admin.filters import AttentionFilter
from onboarding.models import OnboardingLink, SharedWaba
from organizations.admin.cells import Tone, list_url
from phones.models import PhoneNumber
from wabas.admin import QUOTA_DAYS, TOKEN_FILTERS
from wabas.models import Waba
from webhooks.admin.endpoints import EndpointStateFilter
from webhooks.models import OutgoingWebhook

# Nothing is counted beyond: whoever has so many needs no better number.
MOST = 1000


@dataclass(frozen=True)
class Watch:
    """One thing to look after. `query` narrows the list of `model` to what is counted."""

    title: str
    words: str
    model: type[Model]
    query: str
    rows: Callable[[datetime], "QuerySet[Any]"]
    tone: Tone = Tone.BAD


@dataclass(frozen=True)
class Tile:
    title: str
    words: str
    count: str
    tone: Tone
    url: str


def attention(name: str) -> Callable[[datetime], "QuerySet[Any]"]:
    return lambda now: OnboardingLink.objects.filter(AttentionFilter.states[name][1](now))


def endpoints(state: str) -> Callable[[datetime], "QuerySet[Any]"]:
    return lambda now: OutgoingWebhook.objects.filter(EndpointStateFilter.states[state])


def tokens(state: str) -> Callable[[datetime], "QuerySet[Any]"]:
    return lambda now: Waba.objects.connected().filter(TOKEN_FILTERS[state][1](now))


WATCHES = (
    Watch("Links that need us", "failed or wait for something that is ours to do", OnboardingLink,
          "attention=ours", attention("ours")),
    Watch("Failed links", "open, and the last try failed", OnboardingLink,
          "attention=failed", attention("failed"), Tone.ASKS),
    Watch("Stuck signups", "under way for more than an hour", OnboardingLink,
          "attention=stuck", attention("stuck")),
    Watch("Shared WABAs to settle", "nobody knows which signup brought them", SharedWaba,
          "outcome=support", lambda now: SharedWaba.objects.for_support()),
    Watch("Numbers not ready", "connected, and cannot send", PhoneNumber,
          "ready=no", lambda now: PhoneNumber.objects.unready(), Tone.ASKS),
    Watch("Tokens ending", "within 14 days, or ended", Waba,
          "token=ending", tokens("ending"), Tone.ASKS),
    Watch("Tokens refused", "Meta says that they are no longer valid", Waba,
          "token=refused", tokens("refused")),
    Watch("Endpoints disabled", "what comes is held", OutgoingWebhook,
          "state=disabled", endpoints("disabled")),
    Watch("Endpoints failing", "since their last success", OutgoingWebhook,
          "state=failing", endpoints("failing"), Tone.ASKS),
    Watch("Changes that failed", "Meta told, and we could not handle it", Change,
          "status=failed", lambda now: Change.objects.filter(status=Change.Status.FAILED)),
    Watch("Unreadable notifications", "Meta's POSTs that could not be taken apart", Notification,
          "status__exact=unreadable",
          lambda now: Notification.objects.filter(status=Notification.Status.UNREADABLE)),
    Watch("Messages of unknown fate", "given to Meta, whose answer was not learnt", Message,
          "fate=unknown", lambda now: Message.objects.filter(outbox_entry__finished_at__isnull=False),
          Tone.ASKS),
    Watch("Requests of Facebook users", "somebody wants their data deleted, or has left", UserRequest,
          "status__exact=open", lambda now: UserRequest.objects.filter(status=UserRequest.Status.OPEN),
          Tone.ASKS),
)  # fmt: skip


def tiles(user: User | AnonymousUser, now: datetime) -> Iterator[Tile]:
    """Those that `user` may see, one query each."""
    for watch in WATCHES:
        if may_see(user, watch.model):
            yield tile_of(watch, watch.rows(now).order_by()[:MOST].count())
    if may_see(user, Waba):
        yield quota(now)


def tile_of(watch: Watch, count: int) -> Tile:
    shown = f"{MOST:,}+" if count >= MOST else f"{count:,}"
    tone = watch.tone if count else Tone.GOOD
    return Tile(watch.title, watch.words, shown, tone, f"{list_url(watch.model)}?{watch.query}")


def quota(now: datetime) -> Tile:
    """New customer businesses of the last 7 days; Meta allows 10, or 200 after its reviews.

    https://developers.facebook.com/docs/whatsapp/embedded-signup/overview
    """
    limit = settings.META_ONBOARDING_LIMIT
    added = Waba.objects.of_new_businesses(now - QUOTA_DAYS)
    count = added.order_by().values("owner_business_id").distinct()[: limit * 10 + 1].count()
    tone = Tone.GOOD if count < limit * 0.7 else Tone.ASKS if count < limit else Tone.BAD
    words = "new customers' businesses in 7 days, of what Meta allows"
    return Tile("Meta's quota", words, f"{count} of {limit}", tone, f"{list_url(Waba)}?quota=new")


def may_see(user: User | AnonymousUser, model: type[Model]) -> bool:
    label, name = model._meta.app_label, model._meta.model_name
    return user.has_perm(f"{label}.view_{name}") or user.has_perm(f"{label}.change_{name}")
