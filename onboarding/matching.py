"""Which signup brought a WABA that Meta said was shared with us, where no code says so.

The rule, because the ids that a browser brings are unsigned, anybody can send any, and the token that is
fetched covers the whole business of the customer:

1. Meta's own signed word comes first. Without PARTNER_ADDED for that WABA, now, nothing is ever fetched,
   whatever a browser says; and the business whose token is fetched is the one that Meta named.
2. What a browser brought can rule its signup out, never in: who named another WABA or business, or left
   Meta's window, is out. Who named the right one has no advantage over who named none, since the ids of
   somebody else's customer can be known: to the company that had this customer before, for instance.
3. A signup fits when it was clicked within RECOVERY_WINDOW before Meta's word, and no token of its own says
   what it brought. If signups of two links fit, support decides. One whose link cannot take a token any more
   still counts against the others. One that support ended by opening its link again gets none.
4. A business that another organization has, or had, or signs up just now, is not given to this one by itself;
   nor while a signup runs that may turn out to be of it, nor where another link fits another of its WABAs.
5. A signup that named no WABA fits by its time alone. That is enough only while it does not count as
   abandoned, nobody has another link's page open, nothing is known of the business, and no other WABA of
   these minutes waits for its signup; RECOVERY_BY_TIME_ALONE switches it off.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet

from onboarding.models import OnboardingLink, SharedWaba, Signup
from wabas.models import Waba

Outcome, State = SharedWaba.Outcome, Signup.State
LEFT = ("CANCEL", "ERROR")
# The page's call about the click may arrive later than Meta's word about its end.
CLICK_MAY_LAG = timedelta(seconds=60)
# An exchange that has not ended in its own time and this has died.
EXCHANGE_MARGIN = timedelta(seconds=5)
LOOK_AGAIN = timedelta(seconds=5)


@dataclass(frozen=True)
class Verdict:
    """`waiting` with a signup: fetch its token now. `waiting` without one: look again at `again_at`."""

    outcome: SharedWaba.Outcome
    signup: Signup | None = None
    again_at: datetime | None = None


def judge(shared: SharedWaba, now: datetime) -> Verdict:
    """What is to become of `shared` as things stand. Reads alone."""
    if shared.signup:
        is_open = may_take_token(shared.signup, now)
        return Verdict(Outcome.WAITING if is_open else Outcome.SEVERAL, shared.signup if is_open else None)
    if bringer := proven_by(shared):
        return Verdict(Outcome.KNOWN, bringer)
    if is_somebody_under_way(shared, now):
        return Verdict(Outcome.WAITING, again_at=now + LOOK_AGAIN)
    found = fitting(shared)
    chosen = only_one(found, now)
    if chosen and is_free_for(shared, chosen):
        quiet = quiet_at(shared, chosen)
        return Verdict(Outcome.WAITING, chosen) if quiet <= now else Verdict(Outcome.WAITING, again_at=quiet)
    if now < last_call(shared):
        return Verdict(Outcome.WAITING, again_at=min(last_call(shared), now + LOOK_AGAIN))
    return Verdict(unmatched(shared, is_somebody_there=bool(found)))


def proven_by(shared: SharedWaba) -> Signup | None:
    """The signup of these minutes whose own token covered this WABA."""
    return clicked_about(shared).filter(meta_waba_id=shared.meta_waba_id).order_by("-started_at").first()


def clicked_about(shared: SharedWaba, window: timedelta | None = None) -> QuerySet[Signup]:
    return Signup.objects.filter(
        started_at__gte=shared.last_told_at - (window or settings.RECOVERY_WINDOW),
        started_at__lte=shared.last_told_at + CLICK_MAY_LAG,
    ).defer("access_token")


def is_somebody_under_way(shared: SharedWaba, now: datetime) -> bool:
    """Whether a token, or an exchange, of these minutes may still say that this business is its own."""
    exchange = timedelta(seconds=settings.META_REQUEST_TIMEOUT) + EXCHANGE_MARGIN
    exchanging = Q(state=State.EXCHANGING, error__isnull=True, exchanged_at__gt=now - exchange)
    rows = clicked_about(shared).filter(Q(state=State.RUNNING, waba=None) | exchanging)
    return any(not is_of_another_business(signup, shared) for signup in rows)


def fitting(shared: SharedWaba, window: timedelta | None = None) -> list[Signup]:
    """The signups that may have brought it, the newest click first. All of them: one left out is a rival."""
    rows = clicked_about(shared, window).filter(meta_waba_id=None)
    rows = rows.exclude(session_event__in=LEFT, code_hash=None).select_related("link__organization")
    rows = rows.defer("access_token", "link__webhook_secret")
    return [signup for signup in rows.order_by("-started_at") if not contradicts(signup, shared)]


def contradicts(signup: Signup, shared: SharedWaba) -> bool:
    named = signup.session.get("waba_id")
    return is_of_another_business(signup, shared) or bool(named and named != shared.meta_waba_id)


def is_of_another_business(signup: Signup, shared: SharedWaba) -> bool:
    business = signup.session.get("business_id")
    return bool(business and shared.owner_business_id and business != shared.owner_business_id)


def names(signup: Signup, shared: SharedWaba) -> bool:
    return bool(signup.session.get("waba_id") == shared.meta_waba_id)


def only_one(found: list[Signup], now: datetime) -> Signup | None:
    """The signup of the only link among `found`: the one that named a WABA, else the newest click."""
    if len({signup.link_id for signup in found}) != 1:
        return None
    able = [signup for signup in found if may_take_token(signup, now)]
    return next((signup for signup in able if signup.session.get("waba_id")), able[0] if able else None)


def may_take_token(signup: Signup, now: datetime) -> bool:
    link = signup.link
    return (
        signup.token_source is None
        and not signup.is_ended_by_staff
        and link.status == OnboardingLink.Status.PENDING
        and not link.is_expired(now)
        and not link.organization.is_suspended
    )


def is_free_for(shared: SharedWaba, signup: Signup) -> bool:
    """Rules 4 and 5."""
    known = Waba.objects.filter(of_same_business(shared))
    others = SharedWaba.objects.exclude(pk=shared.pk)
    of_business = others.filter(of_same_business(shared))
    if names(signup, shared):
        ours = signup.link.organization
        return not (
            known.exclude(organization=ours).exists()
            or of_business.exclude(signup=None).exclude(signup__link__organization=ours).exists()
            or any(fits_another_link(other, signup) for other in of_business.filter(signup=None))
        )
    return (
        settings.RECOVERY_BY_TIME_ALONE
        and signup.abandoned_at is None
        and not is_another_page_open(shared, signup)
        and not known.exists()
        and not of_business.exists()
        and not others.filter(waits_for(signup)).exists()
    )


def is_another_page_open(shared: SharedWaba, signup: Signup) -> bool:
    """Whether somebody has another link's page and no click of theirs came: it may have been lost."""
    opened = Signup.objects.filter(
        started_at=None,
        created_at__gte=shared.last_told_at - settings.RECOVERY_WINDOW,
        created_at__lte=shared.last_told_at + CLICK_MAY_LAG,
        link__status=OnboardingLink.Status.PENDING,
    )
    return opened.exclude(link=signup.link_id).exists()


def fits_another_link(shared: SharedWaba, signup: Signup) -> bool:
    return any(one.link_id != signup.link_id for one in fitting(shared))


def of_same_business(shared: SharedWaba) -> Q:
    same = Q(meta_waba_id=shared.meta_waba_id)
    return same | Q(owner_business_id=shared.owner_business_id) if shared.owner_business_id else same


def waits_for(signup: Signup) -> Q:
    """WABAs without a signup that this one could have brought as well."""
    clicked = signup.started_at or signup.created_at
    return Q(
        last_told_at__gte=clicked - CLICK_MAY_LAG, last_told_at__lte=clicked + settings.RECOVERY_WINDOW
    ) & ~Q(outcome__in=[Outcome.KNOWN, Outcome.RECOVERED])


def quiet_at(shared: SharedWaba, signup: Signup) -> datetime:
    """From when on its code is not waited for any more."""
    if signup.state in {State.EXCHANGING, State.FAILED}:
        return shared.last_told_at
    if signup.session_at and signup.session.get("waba_id"):
        return signup.session_at + timedelta(seconds=settings.RECOVERY_SILENCE_SECONDS)
    return last_call(shared)


def last_call(shared: SharedWaba) -> datetime:
    """Until then whoever brought it may still be heard of."""
    return shared.last_told_at + timedelta(seconds=settings.RECOVERY_UNSEEN_SECONDS)


def unmatched(shared: SharedWaba, *, is_somebody_there: bool) -> SharedWaba.Outcome:
    """A WABA that is connected needs nobody; nor does one that a signup of these minutes shared along."""
    if Waba.objects.connected().filter(meta_waba_id=shared.meta_waba_id).exists():
        return Outcome.KNOWN
    if is_somebody_there:
        return Outcome.SEVERAL
    along = Waba.objects.filter(owner_business_id=shared.owner_business_id).values("meta_waba_id")
    is_along = shared.owner_business_id and clicked_about(shared).filter(meta_waba_id__in=along).exists()
    return Outcome.KNOWN if is_along else Outcome.NOBODY
