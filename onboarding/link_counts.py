"""Pages of all links of an organization by how many it made a day; and these counts beside the links."""

from uuid import UUID

from django.db import connection, transaction

from onboarding.models import LinkCount, OnboardingLink
from organizations.models import Organization

# One statement, so that total and page are of one moment. The counts lead to the day of the page's first
# link; that link is found from the nearer end of its day, and the page from that link.
PAGE = """
WITH days AS (
    SELECT made_on, sum(links)::bigint AS links FROM onboarding_linkcount
    WHERE organization_id = %(organization)s GROUP BY made_on
), passed AS (
    SELECT made_on, links, sum(links) OVER (ORDER BY made_on DESC)::bigint AS until FROM days
), place AS (
    SELECT made_on::timestamp AT TIME ZONE 'UTC' AS begins,
           (made_on + 1)::timestamp AT TIME ZONE 'UTC' AS ends,
           %(start)s::bigint - (until - links) AS newer, until - %(start)s::bigint - 1 AS older
    FROM passed WHERE until > %(start)s::bigint ORDER BY made_on DESC LIMIT 1
), first AS (
    (SELECT created_at, id FROM onboarding_onboardinglink
     WHERE organization_id = %(organization)s AND created_at < (SELECT ends FROM place)
     ORDER BY created_at DESC, id DESC
     LIMIT (SELECT (newer <= older)::int FROM place) OFFSET (SELECT newer FROM place))
    UNION ALL
    (SELECT created_at, id FROM onboarding_onboardinglink
     WHERE organization_id = %(organization)s AND created_at >= (SELECT begins FROM place)
     ORDER BY created_at, id
     LIMIT (SELECT (newer > older)::int FROM place) OFFSET (SELECT older FROM place))
)
SELECT (SELECT coalesce(sum(links), 0)::bigint FROM days), page.id
FROM (SELECT) AS one LEFT JOIN (
    SELECT created_at, id FROM onboarding_onboardinglink
    WHERE organization_id = %(organization)s
      AND (created_at, id) <= ((SELECT created_at FROM first), (SELECT id FROM first))
    ORDER BY created_at DESC, id DESC LIMIT %(limit)s
) AS page ON true ORDER BY page.created_at DESC, page.id DESC
"""
# Days whose links are not as many as their count says.
WRONG = """
SELECT count(*) FROM (
    SELECT organization_id, (created_at AT TIME ZONE 'UTC')::date AS made_on, count(*) AS links
    FROM onboarding_onboardinglink GROUP BY 1, 2
) AS made FULL JOIN (
    SELECT organization_id, made_on, sum(links) AS links FROM onboarding_linkcount GROUP BY 1, 2
) AS kept USING (organization_id, made_on)
WHERE coalesce(made.links, 0) <> coalesce(kept.links, 0)
"""
COUNT_ALL = """
INSERT INTO onboarding_linkcount (organization_id, made_on, links)
SELECT organization_id, (created_at AT TIME ZONE 'UTC')::date, count(*) FROM onboarding_onboardinglink
GROUP BY 1, 2
"""


def are_kept() -> bool:
    """Triggers keep them, on PostgreSQL alone."""
    return connection.vendor == "postgresql"


def page_of_all(organization: Organization, start: int, limit: int) -> tuple[list[UUID], int]:
    """Ids of its links, newest first, behind the first `start` of them; and how many there are."""
    with connection.cursor() as cursor:
        cursor.execute(PAGE, {"organization": organization.pk, "start": start, "limit": limit})
        found = cursor.fetchall()
    return [pk for _, pk in found if pk is not None], found[0][0]


def wrong_days() -> int:
    with connection.cursor() as cursor:
        cursor.execute(WRONG)
        found: int = cursor.fetchone()[0]
    return found


@transaction.atomic
def recount() -> int:
    """Counts all links anew, while their writers wait; how many days were wrong."""
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {OnboardingLink._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
    wrong = wrong_days()
    LinkCount.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(COUNT_ALL)
    return wrong
