"""Customers of any size, as years of use leave them: links, numbers, deliveries and all around them.

PostgreSQL makes the rows itself. A row's id is made of its kind and its place, so that the rows that are
looked at are the same ones in a small crowd and in a large one: the first of each kind has the most of all.
"""

from django.db import connection

from bench.rig.customers import accounts, deliveries, inbox, journal, meta, signups, staff
from bench.rig.customers.sizes import Size

__all__ = ["Size", "build", "empty"]
PARTS = (accounts, signups, deliveries, meta, inbox, journal, staff)


def build(size: Size) -> None:
    """Fills empty tables, and lets PostgreSQL look at what is in them now."""
    with connection.cursor() as cursor:
        cursor.execute(FUNCTIONS)
    for part in PARTS:
        part.fill_all(size)
    with connection.cursor() as cursor:
        # Index-only reads need the map that VACUUM writes; a test's transaction forbids it.
        cursor.execute("ANALYZE" if connection.in_atomic_block else "VACUUM ANALYZE")


def empty() -> None:
    """Takes all rows of the product away, those of migrations and of the staff's logins excepted."""
    kept = {"django_migrations", "django_content_type", "auth_permission", "auth_group", "auth_user"}
    tables = [name for name in connection.introspection.table_names() if name not in kept]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY")


# When all was made, the same in every statement; an event's id: `evt_` and a ULID, of a time and its place.
FUNCTIONS = """
DO $do$ BEGIN EXECUTE format(
    'CREATE OR REPLACE FUNCTION pg_temp.built_at() RETURNS timestamptz LANGUAGE sql IMMUTABLE AS'
    ' $$ SELECT timestamptz %L $$', now()
); END $do$;
CREATE OR REPLACE FUNCTION pg_temp.event_id(at timestamptz, place bigint) RETURNS text LANGUAGE sql IMMUTABLE
AS $$
    SELECT 'evt_' || string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ',
        1 + (((extract(epoch FROM at) * 1000)::bigint >> (5 * digit)) & 31)::int, 1), '' ORDER BY digit DESC
    ) || upper(substr(md5(place::text), 1, 16)) FROM generate_series(0, 9) digit
$$
"""
