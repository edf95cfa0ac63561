"""Empties the database between tests by deleting the few rows that are there.

TRUNCATE makes a new file of every table and index, which costs more than most tests do. It is left to
what deleting is slow at: tables of many rows, each of which a check of references would look for.
"""

from typing import Any

from django.db.backends.postgresql import base, operations

# Made anew after every flush by Django, always the same.
KEPT = {"django_content_type", "auth_permission"}
# Bytes of a table, with what was deleted of it.
LARGE = 256 * 1024
# Twice: a trigger may write into a table that is empty already. References are checked at the end.
EMPTY = """
DO $$
DECLARE
  name text;
  is_filled boolean;
BEGIN
  FOREACH name IN ARRAY ARRAY[{names}] LOOP
    IF pg_relation_size(name::regclass) > {large} THEN
      TRUNCATE {tables};
      RETURN;
    END IF;
  END LOOP;
  FOR round IN 1..2 LOOP
    FOREACH name IN ARRAY ARRAY[{names}] LOOP
      EXECUTE 'SELECT EXISTS (SELECT FROM ' || name || ')' INTO is_filled;
      IF is_filled THEN
        EXECUTE 'DELETE FROM ' || name;
      END IF;
    END LOOP;
  END LOOP;
END $$
"""


class DatabaseOperations(operations.DatabaseOperations):
    def sql_flush(
        self, style: Any, tables: Any, *, reset_sequences: bool = False, allow_cascade: bool = False
    ) -> list[str]:
        emptied = [table for table in tables if table not in KEPT]
        if reset_sequences or not emptied:
            return super().sql_flush(
                style, emptied, reset_sequences=reset_sequences, allow_cascade=allow_cascade
            )
        names = [self.quote_name(table) for table in emptied]
        literals = ", ".join(f"'{name}'" for name in names)
        return [EMPTY.format(names=literals, tables=", ".join(names), large=LARGE)]


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = DatabaseOperations
