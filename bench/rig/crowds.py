"""Organizations with so many links that PostgreSQL has to make them itself."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from organizations.models import Organization
from phones.models import PhoneNumber
from wabas.models import Waba

# As many numbers as share the completed links of an organization.
PHONES = 1000
# Oldest first, as they are made; every second one completed.
INSERT = """
INSERT INTO onboarding_onboardinglink (id, organization_id, name, external_id, metadata, webhook_events, mode,
    starter_templates, status, phone_id, waba_id, created_at, completed_at)
SELECT gen_random_uuid(), %(organization)s, 'Acme Corp ' || n, 'customer-' || n,
    '{"customerId":"customer-' || n || '","locationCode":"store-01"}', '[]', 'cloud_api', '[]',
    CASE WHEN phone.id IS NULL THEN 'pending' ELSE 'completed' END, phone.id, phone.waba_id, made_at,
    CASE WHEN phone.id IS NOT NULL THEN made_at + interval '90 seconds' END
FROM (
    SELECT n, %(newest)s::timestamptz - (%(count)s::int - n) * %(apart)s::interval AS made_at
    FROM generate_series(1, %(count)s::int) n
) AS numbered LEFT JOIN (
    SELECT id, waba_id, 2 * row_number() OVER () AS place FROM phones_phonenumber
    WHERE organization_id = %(organization)s
) AS phone ON phone.place - 2 = n %% (2 * %(phones)s::int)
ORDER BY n
"""


def make_crowd(organization: Organization, count: int, newest: datetime, within: timedelta) -> None:
    """`count` links, evenly spread over the time `within` that ends with `newest`."""
    waba = Waba.objects.create(organization=organization, meta_waba_id=f"1{organization.pk.int % 10**14}")
    PhoneNumber.objects.bulk_create(
        PhoneNumber(
            organization=organization,
            waba=waba,
            meta_phone_number_id=f"{organization.pk.int % 10**12}{number:03}",
            phone_number=f"+5491155{number:06}",
            is_registered=True,
        )
        for number in range(PHONES)
    )
    asked: dict[str, Any] = {
        "organization": organization.pk,
        "count": count,
        "phones": PHONES,
        "newest": newest,
        "apart": within / count,
    }
    with connection.cursor() as cursor:
        cursor.execute(INSERT, asked)


def vacuum() -> None:
    """What autovacuum does by itself in the minutes after such an insert."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) onboarding_onboardinglink, onboarding_linkcount, phones_phonenumber")
