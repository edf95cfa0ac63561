"""What Meta sent: notifications with bodies, their changes, and requests of Facebook users."""

from bench.rig.customers.accounts import waba_of
from bench.rig.customers.filling import ago, chosen, fill, series, text, uid
from bench.rig.customers.sizes import Size
from meta_events.models import Change, Notification, UserRequest

# Of one POST, which Meta fills up to so many.
CHANGES_OF_THE_FIRST = 1000
BODY = (
    '\'{"object":"whatsapp_business_account","entry":[{"id":"10229\' || lpad(n::text, 7, \'0\') ||'
    ' \'","changes":[{"field":"messages","value":{"messages":[{"id":"wamid.\' || md5(n::text) ||'
    ' \'","text":{"body":"\' || repeat(\'What people write. \', 12) || \'"}}]}}]}]}\''
)


def fill_all(size: Size) -> None:
    fill(
        Notification,
        series(size.notifications),
        id="n",
        body=f"convert_to({BODY}, 'UTF8')",
        sha256="sha256(n::text::bytea)",
        object="'whatsapp_business_account'",
        status="CASE WHEN n % 100 = 9 THEN 'unreadable' WHEN n % 100 = 8 THEN 'received' ELSE 'split' END",
        split_at="CASE WHEN n % 100 <> 8 THEN now() END",
        change_count="1",
        received_at=ago("n", size.notifications, 14),
    )
    fill_changes(size)
    fill(
        UserRequest,
        series(200),
        id=uid("request", "n"),
        kind=chosen("n", "deauthorize", "data_deletion"),
        meta_user_id=f"'21847' || {text('n')}",
        issued_at="now()",
        confirmation_code="substr(md5(n::text), 1, 20)",
        status="CASE WHEN n % 10 = 1 THEN 'open' ELSE 'done' END",
        received_at="now() - n * interval '1 hour'",
    )


def fill_changes(size: Size) -> None:
    """Two a notification, and the first has as many as one can have."""
    rows = (
        f"(SELECT n, p FROM {series(size.notifications)} CROSS JOIN generate_series(0, 1) p UNION ALL"
        f" SELECT 1, p FROM generate_series(2, {CHANGES_OF_THE_FIRST}) p) told"
    )
    state = (
        "CASE WHEN n % 100 = 3 THEN 'failed' WHEN n % 100 = 4 THEN 'held' WHEN n % 100 = 5 THEN 'unknown'"
        " WHEN n % 200 = 6 THEN 'waiting' WHEN n % 200 = 106 THEN 'running' WHEN n % 10 = 7 THEN 'skipped'"
        " WHEN n % 10 = 8 THEN 'noted' ELSE 'done' END"
    )
    is_open = "state IN ('waiting', 'running')"
    fill(
        Change,
        f"(SELECT *, {state} AS state, {waba_of('n', size)} AS waba FROM {rows}) x",
        notification_id="n",
        entry_position="0",
        position="p",
        status="state",
        field=chosen("n", "messages", "messages", "account_update", "phone_number_quality_update", "history"),
        part="CASE WHEN n % 5 < 2 THEN 'messages' ELSE '' END",
        event="CASE WHEN n % 5 = 2 THEN 'VERIFIED_ACCOUNT' END",
        meta_waba_id=f"'10229' || {text('waba')}",
        meta_phone_number_id=f"'10654' || {text('n')}",
        mailbox=f"'10654' || {text('n')}",
        happened_at=ago("n", size.notifications, 14),
        attempts="1",
        due_at=f"CASE WHEN {is_open} THEN now() END",
        lease_token="CASE WHEN state = 'running' THEN gen_random_uuid() END",
        error="CASE WHEN state = 'failed' THEN 'KeyError: wamid' END",
        finished_at=f"CASE WHEN NOT ({is_open}) THEN {ago('n', size.notifications, 14)} END",
    )
