"""The triggers that count links by organization and day, on PostgreSQL.

Writers of one organization do not wait for each other: a part of a day's count that another transaction
has changed and not committed yet is locked, and skipped; where all are, a new part is made. There are as
many parts of a day as there ever were writers at once.

SQLite has none: each of Django's changes to a table there makes the table anew, without its triggers.
"""

from typing import Any

ADD = """
CREATE FUNCTION onboarding_add_links(whose uuid, made timestamptz, change bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    day date := (made AT TIME ZONE 'UTC')::date;
    free bigint;
BEGIN
    -- In the other levels of isolation a part that somebody has changed since is an error.
    IF current_setting('transaction_isolation') = 'read committed' THEN
        SELECT id INTO free FROM onboarding_linkcount WHERE organization_id = whose AND made_on = day
        LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
    END IF;
    IF free IS NULL THEN
        INSERT INTO onboarding_linkcount (organization_id, made_on, links) VALUES (whose, day, change);
    ELSE
        UPDATE onboarding_linkcount SET links = links + change WHERE id = free;
        IF change < 0 THEN
            DELETE FROM onboarding_linkcount WHERE id = free AND links = 0;
        END IF;
    END IF;
END $$
"""

# The statement's rows are `changed`, those that it made or those that it deleted.
COUNT = """
CREATE FUNCTION onboarding_count_links() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM onboarding_linkcount;
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM onboarding_add_links(OLD.organization_id, OLD.created_at, -1);
        PERFORM onboarding_add_links(NEW.organization_id, NEW.created_at, 1);
    ELSE
        PERFORM onboarding_add_links(organization_id, min(created_at),
                                     CASE TG_OP WHEN 'INSERT' THEN count(*) ELSE -count(*) END)
        FROM changed GROUP BY organization_id, (created_at AT TIME ZONE 'UTC')::date;
    END IF;
    RETURN NULL;
END $$
"""

TRIGGERS = (
    """
    CREATE TRIGGER onboarding_links_made AFTER INSERT ON onboarding_onboardinglink
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION onboarding_count_links()
    """,
    """
    CREATE TRIGGER onboarding_links_deleted AFTER DELETE ON onboarding_onboardinglink
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION onboarding_count_links()
    """,
    """
    CREATE TRIGGER onboarding_links_truncated AFTER TRUNCATE ON onboarding_onboardinglink
    FOR EACH STATEMENT EXECUTE FUNCTION onboarding_count_links()
    """,
    # By row, for rows that nothing moves are to cost nothing: a link changes often, these columns never.
    """
    CREATE TRIGGER onboarding_links_moved AFTER UPDATE ON onboarding_onboardinglink FOR EACH ROW
    WHEN ((OLD.organization_id, OLD.created_at) IS DISTINCT FROM (NEW.organization_id, NEW.created_at))
    EXECUTE FUNCTION onboarding_count_links()
    """,
)

COUNT_ALL = """
INSERT INTO onboarding_linkcount (organization_id, made_on, links)
SELECT organization_id, (created_at AT TIME ZONE 'UTC')::date, count(*) FROM onboarding_onboardinglink GROUP BY 1, 2
"""


def begin(apps: Any, schema_editor: Any) -> None:
    """Making a trigger keeps writers out until the end of the transaction, so that none is left uncounted."""
    if schema_editor.connection.vendor == "postgresql":
        for statement in (ADD, COUNT, *TRIGGERS, COUNT_ALL):
            schema_editor.execute(statement)
        # The counts change often: room beside them for their next version.
        schema_editor.execute("ALTER TABLE onboarding_linkcount SET (fillfactor = 50)")


def end(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION onboarding_count_links() CASCADE")
        schema_editor.execute("DROP FUNCTION onboarding_add_links(uuid, timestamptz, bigint)")
