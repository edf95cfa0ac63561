"""Links in every state, the signups that were tried of them with their steps, and what Meta told of those."""

from bench.rig.customers.accounts import owner, waba_of
from bench.rig.customers.filling import SECRET, ago, chosen, fill, literal, series, text, uid
from bench.rig.customers.sizes import Size
from onboarding.models import OnboardingLink, RegisteredNumber, SharedWaba, Signup, StepRun
from onboarding.pipeline import ALL_STEPS

# More than a link's page shows.
TRIES_OF_THE_FIRST = 60
# A link's state by its place: one in ten is not completed after a failure, one in ten was never opened.
IS_COMPLETED, IS_RUNNING, IS_FAILED = "n % 10 < 6", "n % 50 = 49", "n % 20 = 7"
CAUSES = (
    ("register_phone", "NOT_VERIFIED", 133006, 2388012, "customer"),
    ("share_credit_line", "CREDIT_REFUSED", 100, 2593021, "platform"),
    ("identify_assets", "NO_PHONE_NUMBER", 100, 33, "end_user"),
    ("subscribe_app", "PERMISSION_MISSING", 200, 0, "platform"),
    ("save_waba", "ALREADY_CONNECTED", 0, 0, "customer"),
    ("register_phone", "META_UNAVAILABLE", 2, 0, "meta"),
    ("exchange", "CODE_EXPIRED", 100, 36007, "end_user"),
)


def error(place: str) -> str:
    """As a signup and a link have it, with Meta's trace id."""
    step, code, meta_code, subcode, actor = (
        chosen(place, *(str(cause[part]) for cause in CAUSES)) for part in range(5)
    )
    meta = f"'code', {meta_code}::int, 'subcode', {subcode}::int, 'traceId', 'AbTrace' || {text(place)}"
    return (
        f"jsonb_build_object('code', {code}, 'message', 'Meta said no, in so many words.', 'actor', {actor},"
        f" 'step', {step}, 'at', '2026-11-01T10:30:00.000Z', 'meta', jsonb_build_object({meta}))"
    )


def fill_all(size: Size) -> None:
    fill_links(size)
    fill_registered(size)
    fill_signups(size)
    fill_steps()
    fill_shared(size)


def fill_links(size: Size) -> None:
    waba = waba_of("n", size)
    action = f"jsonb_build_object('actor', {chosen('n / 30', 'customer', 'platform', 'meta')}, 'code',"
    action += f" {chosen('n / 90', 'REGISTER_NUMBER', 'WAIT')}, 'message', 'It has to be registered.')"
    status = (
        f"CASE WHEN {IS_COMPLETED} THEN 'completed' WHEN {IS_RUNNING} THEN 'processing' ELSE 'pending' END"
    )
    has_endpoint = f"{IS_COMPLETED} AND n <= {size.endpoints}"
    fill(
        OnboardingLink,
        series(size.links),
        id=uid("link", "n"),
        organization_id=owner(waba, size),
        name="'Acme ' || n",
        external_id="'customer-' || n",
        metadata='\'{"customerId":"customer-\' || n || \'","plan":"pro"}\'',
        mode="CASE WHEN n % 10 = 1 THEN 'coexistence' ELSE 'cloud_api' END",
        redirect_url="'https://crm.example.com/connected'",
        webhook_url="'https://crm.example.com/hook'",
        webhook_secret=SECRET,
        webhook_events=literal('["phone_number.connected", "message.received"]'),
        expected_phone_number=f"CASE WHEN n % 7 = 1 THEN '+549115' || {text('n')} END",
        expires_at="CASE WHEN n % 10 = 8 THEN now() + (n % 60 - 30) * interval '1 day' END",
        status=status,
        opened_at="CASE WHEN n % 10 <> 8 THEN now() END",
        last_error=f"CASE WHEN {IS_FAILED} THEN {error('n / 20')} END",
        next_action=f"CASE WHEN n % 30 = 3 THEN {action} END",
        waba_id=f"CASE WHEN {IS_COMPLETED} THEN {uid('waba', waba)} END",
        phone_id=f"CASE WHEN {IS_COMPLETED} THEN {uid('phone', 'n')} END",
        outgoing_webhook_id=f"CASE WHEN {has_endpoint} THEN {uid('endpoint', 'n')} END",
        created_at=ago("n", size.links, 90),
        completed_at=f"CASE WHEN {IS_COMPLETED} THEN {ago('n', size.links, 90)} + interval '2 minutes' END",
    )


def fill_registered(size: Size) -> None:
    fill(
        RegisteredNumber,
        series(size.links // 10),
        id=uid("registered", "n"),
        organization_id=owner("n", size),
        phone_number=f"'+346120' || {text('n')}",
        comment="'Front desk ' || n",
        meta_preverified_id=f"'10644' || {text('n')}",
        status=chosen("n", "unverified", "verified", "used"),
        verified_at="now()",
        expires_at="CASE WHEN n % 3 = 1 THEN now() + (n % 90 - 10) * interval '1 day' END",
        created_at=ago("n", size.links // 10, 90),
    )


def fill_signups(size: Size) -> None:
    """`n` is the link's place, `s` the signup's; a later `s` of the same link was tried before."""
    rows = (
        f"(SELECT n, n AS s FROM generate_series(1, {size.links}) n WHERE n % 10 <> 8 UNION ALL"
        f" SELECT 2 * k, {size.links} + k FROM generate_series(1, {size.links // 2}) k UNION ALL"
        f" SELECT 1, {2 * size.links} + k FROM generate_series(1, {TRIES_OF_THE_FIRST}) k) tried"
    )
    state = (
        f"CASE WHEN s > {size.links} OR {IS_FAILED} THEN 'failed' WHEN {IS_COMPLETED} THEN 'completed'"
        f" WHEN {IS_RUNNING} THEN 'running' WHEN n % 200 = 19 THEN 'exchanging' ELSE 'opened' END"
    )
    at, waba = f"({ago('n', size.links, 90)} - (s - n) * interval '1 second')", waba_of("n", size)
    session = (
        f"jsonb_build_object('waba_id', '10229' || {text(waba)}, 'phone_number_id', '10654' || {text('n')},"
        " 'business_id', '53868' || lpad((n * 5 / 6)::text, 7, '0'), 'session_id', 'session-' || s)"
    )
    fill(
        Signup,
        f"(SELECT *, {state} AS state FROM {rows}) x",
        id=uid("signup", "s"),
        link_id=uid("link", "n"),
        state="state",
        request_id="'request-' || s",
        started_at=at,
        abandoned_at=f"CASE WHEN state = 'opened' AND s % 3 = 0 THEN {at} END",
        created_at=at,
        session_event="'FINISH'",
        session=session,
        session_at=at,
        code_hash="md5('code' || s)",
        exchanged_at=f"CASE WHEN state <> 'opened' THEN {at} END",
        access_token=f"CASE WHEN state = 'running' THEN {SECRET} END",
        meta_waba_id=f"CASE WHEN state IN ('completed', 'running') THEN '10229' || {text(waba)} END",
        meta_phone_number_id=f"CASE WHEN state IN ('completed', 'running') THEN '10654' || {text('n')} END",
        waba_id=f"CASE WHEN state IN ('completed', 'running') THEN {uid('waba', waba)} END",
        phone_id=f"CASE WHEN state IN ('completed', 'running') THEN {uid('phone', 'n')} END",
        error=f"CASE WHEN state = 'failed' THEN {error('s')} END",
        finished_at=f"CASE WHEN state IN ('completed', 'failed') THEN {at} + interval '1 minute' END",
    )


def fill_steps() -> None:
    """Of what got so far, and of every second failure. One in forty steps has an error."""
    names = ", ".join(f"({place}, {literal(step.name)})" for place, step in enumerate(ALL_STEPS))
    is_unlucky = "state = 'completed' AND position('7' IN link_id::text) > 18"
    is_hurt = f"(position = 6 AND (state = 'running' OR ({is_unlucky})))"
    has_ended = "state = 'completed' OR position < 6"
    fill(
        StepRun,
        f"(SELECT *, {has_ended} AS has_ended, {is_hurt} AS is_hurt, abs(hashtext(id::text)) AS lot"
        f" FROM onboarding_signup CROSS JOIN (VALUES {names}) steps (position, step)"
        " WHERE state IN ('completed', 'running') OR (state = 'failed' AND substr(id::text, 1, 1) < '8')) x",
        signup_id="id",
        step="step",
        position="position",
        attempts="1",
        started_at="exchanged_at",
        status="CASE WHEN is_hurt THEN 'failed' WHEN has_ended THEN 'done' ELSE 'waiting' END",
        error=f"CASE WHEN is_hurt THEN {error('lot')} END",
        first_started_at="exchanged_at",
        finished_at="CASE WHEN has_ended THEN exchanged_at END",
    )


def fill_shared(size: Size) -> None:
    settled = chosen("n", *["known"] * 40, *["recovered"] * 7, "several", "nobody", "waiting", "given_up")
    fill(
        SharedWaba,
        f"{series(size.wabas)} WHERE n % 10 <> 8",
        meta_waba_id=f"'10229' || {text('n')}",
        owner_business_id=f"'53868' || {text('n * 5 / 6')}",
        first_told_at=ago("n", size.wabas, 90),
        last_told_at=ago("n", size.wabas, 90),
        outcome=settled,
        signup_id=f"CASE WHEN n % 50 < 47 THEN {uid('signup', 'n')} END",
        settled_at="now()",
    )
