"""What our customer was told of a link: its events and each delivery, in the link's time line."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from operator import itemgetter

from onboarding.admin.entries import Entry, clock, filled
from onboarding.models import OnboardingLink
from organizations.admin.cells import Tone, admin_url, worded
from webhooks.admin.states import DELIVERY_TONES
from webhooks.models import Attempt, Delivery, Event, OutgoingWebhook


def told_entries(
    link: OnboardingLink, events: Iterable[Event], deliveries: Iterable[Delivery]
) -> Iterator[Entry]:
    """In the order in which it happened; an event's deliveries follow it, whenever they ended."""
    by_event: dict[str, list[Entry]] = defaultdict(list)
    for delivery in deliveries:
        by_event[delivery.event_id].append(delivery_entry(delivery))
    found = [(event.created_at, [event_entry(event), *by_event[event.pk]]) for event in events]
    if link.outgoing_webhook and link.completed_at:
        # An event's time is its id's, to the millisecond; the webhook is there before the first of them.
        made_at = link.completed_at.replace(microsecond=link.completed_at.microsecond // 1000 * 1000)
        found.insert(0, (made_at, [webhook_entry(link, link.outgoing_webhook)]))
    for _, entries in sorted(found, key=itemgetter(0)):
        yield from entries


def webhook_entry(link: OnboardingLink, webhook: OutgoingWebhook) -> Entry:
    facts = (("address", webhook.url), ("events", ", ".join(webhook.events)))
    return Entry("Webhook connected", Tone.GOOD, link.completed_at, facts=facts, url=admin_url(webhook))


def event_entry(event: Event) -> Entry:
    facts = (("event id", str(event.pk)), ("request id", event.request_id))
    title = f"Event {event.name} stored"
    return Entry(title, Tone.GOOD, event.created_at, facts=filled(facts), url=admin_url(event))


def delivery_entry(delivery: Delivery) -> Entry:
    facts = [
        ("event", delivery.event.name),
        ("to", delivery.webhook.url),
        ("attempts", str(delivery.attempt_count)),
        ("last error", delivery.last_error or ""),
        ("next attempt", clock(delivery.next_attempt_at)),
    ]
    is_manual = delivery.trigger == Delivery.Trigger.MANUAL
    inside = tuple(map(attempt_entry, delivery.attempts.all()))
    return Entry(
        "Delivery, repeated by hand" if is_manual else "Delivery",
        DELIVERY_TONES[Delivery.State(delivery.state)],
        delivery.finished_at or delivery.created_at,
        word=worded(delivery.state),
        facts=filled(facts),
        url=admin_url(delivery),
        inside=inside,
        inside_title="1 attempt" if len(inside) == 1 else f"{len(inside)} attempts",
    )


def attempt_entry(attempt: Attempt) -> Entry:
    facts = [
        ("took", "" if attempt.duration_ms is None else f"{attempt.duration_ms} ms"),
        ("HTTP", str(attempt.response_status or "")),
        ("answer", attempt.response_body[:200]),
    ]
    tone = Tone.BAD if attempt.error else Tone.GOOD
    title = f"Attempt {attempt.number}"
    return Entry(title, tone, attempt.at, word=attempt.error or "", facts=filled(facts))
