"""Calls of Graph and of the signups' pages: five and three for each link."""

from bench.rig.customers.accounts import owner, waba_of
from bench.rig.customers.filling import ago, chosen, fill, series, text, uid
from bench.rig.customers.sizes import Size
from journal.models import GraphCall
from onboarding.models import PageEvent


def fill_all(size: Size) -> None:
    link, waba = f"(1 + (n - 1) % {size.links})", waba_of("link", size)
    rows = f"(SELECT n, {link} AS link FROM {series(size.links * 5)}) y"
    fill(
        GraphCall,
        f"(SELECT *, n % 20 = 7 AS failed FROM {rows}) x",
        organization_id=owner(waba, size),
        link_id=f"CASE WHEN n % 10 <> 3 THEN {uid('link', 'link')} END",
        signup_id=f"CASE WHEN n % 10 <> 3 THEN {uid('signup', 'link')} END",
        meta_waba_id=f"'10229' || {text(waba)}",
        meta_phone_number_id=f"'10654' || {text('link')}",
        deed=chosen("n", "save_waba", "save_phone", "check"),
        request_id="'request-' || n",
        made_at=ago("n", size.links * 5, 30),
        call="'get_waba'",
        method="'GET'",
        path=f"'/v25.0/10229' || {text(waba)}",
        token_kind="'BIZ'",
        ms="n % 900",
        http_status="CASE WHEN failed THEN 400 ELSE 200 END",
        outcome="CASE WHEN failed THEN 'OPS' ELSE 'ok' END",
        code="CASE WHEN failed THEN 100 END",
        trace_id=f"'Trace' || {text('n')}",
        request='\'{"fields": "id,name"}\'',
        answer="'{\"id\": \"' || n || '\", \"name\": \"' || repeat('A name. ', 20) || '\"}'",
    )
    fill(
        PageEvent,
        "(SELECT id, started_at, request_id FROM onboarding_signup) signup, generate_series(1, 3) n",
        signup_id="signup.id",
        name=chosen("n", "session", "callback", "check"),
        request_id="signup.request_id",
        detail="'FINISH'",
        at="started_at",
    )
