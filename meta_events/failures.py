"""What may be written down of a failure. The words of a database quote the row that it refused."""

import traceback
from typing import Any

from django.db import Error

from meta_events.texts import stored

LENGTH = 500


def worded(failure: BaseException) -> str:
    """The class and the message; of what a database said the class and the name of the constraint alone."""
    said = " ".join(filter(None, (name_of(failure), constraint_of(failure))))
    return said if is_of_database(failure) else stored(f"{said}: {failure}", LENGTH) or said


def traced(failure: BaseException) -> dict[str, Any]:
    """For a log line: the traceback, or where it came to that and in what words it may be told."""
    if not is_of_database(failure):
        return {"exc_info": failure}
    frames = traceback.extract_tb(failure.__traceback__)
    return {"error": worded(failure), "where": [f"{one.filename}:{one.lineno} {one.name}" for one in frames]}


def is_of_database(failure: BaseException | None) -> bool:
    """Whether its traceback shows what a database said."""
    seen = set()
    while failure is not None and id(failure) not in seen:
        if isinstance(failure, Error):
            return True
        seen.add(id(failure))
        failure = failure.__cause__ or failure.__context__
    return False


def name_of(failure: BaseException) -> str:
    return type(failure).__name__


def constraint_of(failure: BaseException) -> str | None:
    """psycopg's; SQLite names none."""
    name = getattr(getattr(failure.__cause__, "diag", None), "constraint_name", None)
    return name if isinstance(name, str) else None
