"""Until when Meta answers which version of Graph, as its changelog says.

https://developers.facebook.com/docs/graph-api/changelog/versions
"""

from datetime import date

ENDS: dict[str, date] = {
    "v20.0": date(2026, 9, 24),
    "v21.0": date(2027, 1, 21),
    "v22.0": date(2027, 5, 20),
    "v23.0": date(2027, 10, 8),
    "v24.0": date(2028, 2, 18),
    "v25.0": date(2028, 7, 29),
}
# The last one of which we know; its end was not announced.
NEWEST = 26
