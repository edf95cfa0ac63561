from django.db import migrations

EXPAND = (
    ("webhooks_event", "drill_note"),
    ("onboarding_onboardinglink", "drill_note"),
    ("inbox_message", "drill_note"),
)


class Migration(migrations.Migration):
    """What is added may be null, and an index is built without a lock: operations.md, "The rules"."""

    atomic = False
    initial = True
    dependencies = []
    operations = [
        *(
            migrations.RunSQL(
                f"ALTER TABLE {table} ADD COLUMN {column} text NULL",
                f"ALTER TABLE {table} DROP COLUMN {column}",
            )
            for table, column in EXPAND
        ),
        migrations.RunSQL(
            "CREATE INDEX CONCURRENTLY drill_event_note ON webhooks_event (drill_note)",
            "DROP INDEX CONCURRENTLY drill_event_note",
        ),
    ]
