"""The queue's SQL: one lane an endpoint, so that a claim is fair and costs the same behind any backlog.

Parameters: now, cap, ramp_1 and ramp_2 (who resumed after these has a cap of 1, of 2), organization_cap,
slow_cap, besides, limit, held_before. Partial indexes serve every look; states stand in the text because a
prepared statement that has them as parameters cannot use those indexes.
"""

# Whether a waiting row was tried before: the second column of the index delivery_due.
AGAIN = "CASE WHEN attempt_count > 0 THEN 1 ELSE 0 END"


def steps(name: str, state: str, order: str) -> str:
    """A recursive table `name` of the endpoints with rows in `state`.

    It steps from one to the next. The full order of the index and the scalar sub-selects leave the planner
    nothing to choose: with a choice it reads whole backlogs as soon as its statistics are behind.
    """
    return f"""{name} (webhook_id) AS (
        SELECT (SELECT webhook_id FROM webhooks_delivery
                WHERE state = '{state}' ORDER BY {order} LIMIT 1)
        UNION ALL
        SELECT (SELECT webhook_id FROM webhooks_delivery
                WHERE state = '{state}' AND webhook_id > {name}.webhook_id ORDER BY {order} LIMIT 1)
        FROM {name} WHERE {name}.webhook_id IS NOT NULL
    )"""  # noqa: S608 - constants of this file


WAITING = steps("waiting", "pending", f"webhook_id, {AGAIN}, next_attempt_at, id")


def heads(kinds: str) -> str:
    """When the first row of each endpoint is due, of each of the `kinds` (see AGAIN) by itself."""
    return f"""head (webhook_id, again, due_at) AS MATERIALIZED (
        SELECT webhook_id, kind.again,
               (SELECT next_attempt_at FROM webhooks_delivery
                WHERE webhook_id = waiting.webhook_id AND state = 'pending' AND {AGAIN} = kind.again
                ORDER BY next_attempt_at, id LIMIT 1)
        FROM waiting CROSS JOIN ({kinds}) AS kind
        WHERE webhook_id IS NOT NULL
    )"""  # noqa: S608


NEW, BOTH = "SELECT 0 AS again", "SELECT 0 AS again UNION ALL SELECT 1"
HEAD = heads(BOTH)
IN_FLIGHT = """(SELECT count(*) FROM webhooks_delivery
                WHERE webhook_id = {of}.webhook_id AND state = 'in_flight'{more})"""
OF_ENDPOINT = "LEFT JOIN webhooks_webhooklane lane ON lane.webhook_id = endpoint.id"
IS_SLOW_LANE = "COALESCE(lane.is_slow OR lane.slow_until > %(now)s OR lane.open_until IS NOT NULL, FALSE)"
# What is under way, by endpoint: never more rows than workers have in hand.
LOAD = f"""{steps("flying", "in_flight", "webhook_id")},
    load (webhook_id, organization_id, in_flight, slow) AS MATERIALIZED (
        SELECT flying.webhook_id, endpoint.organization_id, {IN_FLIGHT.format(of="flying", more="")},
               CASE WHEN {IS_SLOW_LANE} THEN {IN_FLIGHT.format(of="flying", more="")}
                    ELSE {IN_FLIGHT.format(of="flying", more=" AND attempt_count > 1")} END
        FROM flying JOIN webhooks_outgoingwebhook endpoint ON endpoint.id = flying.webhook_id {OF_ENDPOINT}
    )"""  # noqa: S608
FROM_HEADS = (
    f"FROM head JOIN webhooks_outgoingwebhook endpoint ON endpoint.id = head.webhook_id {OF_ENDPOINT}"
)
# An open breaker lets nothing through, a half-open one a single probe; one that closed one, then two.
LANE_CAP = """CASE WHEN lane.open_until > %(now)s THEN 0
               WHEN lane.open_until IS NOT NULL OR lane.resumed_at > %(ramp_1)s THEN 1
               WHEN lane.resumed_at > %(ramp_2)s THEN 2 ELSE %(cap)s END"""
IS_DUE = f"""endpoint.is_active AND head.due_at <= %(now)s
               AND {IN_FLIGHT.format(of="head", more="")} < {LANE_CAP}"""
IS_HELD_TOO_LONG = """(NOT endpoint.is_active OR lane.open_until IS NOT NULL)
               AND head.due_at <= %(held_before)s"""
IS_FAST, IS_SLOW = (
    f"NOT {IS_SLOW_LANE}",
    f"(head.again = 1 OR {IS_SLOW_LANE})",
)
FAST_ROOM = "%(organization_cap)s - COALESCE(busy.in_flight, 0)"
SLOW_ROOM = (
    f"CASE WHEN {FAST_ROOM} < %(slow_cap)s - COALESCE(busy.slow, 0) THEN {FAST_ROOM}"
    " ELSE %(slow_cap)s - COALESCE(busy.slow, 0) END"
)


def due_lanes(kinds: str, is_class: str, room: str, besides: str) -> str:
    """The endpoints of a class with something due and room for it, no more of an organization than it has
    room for: the organization with the least under way first, then the longest waiting."""
    return f"""
    WITH RECURSIVE {WAITING}, {heads(kinds)}, {LOAD},
    busy (organization_id, in_flight, slow) AS MATERIALIZED (
        SELECT organization_id, sum(in_flight), sum(slow) FROM load GROUP BY organization_id
    ),
    candidate (webhook_id, again, due_at, cap, organization_id, place) AS MATERIALIZED (
        SELECT head.webhook_id, head.again, head.due_at, {LANE_CAP}, endpoint.organization_id,
               row_number() OVER (PARTITION BY endpoint.organization_id ORDER BY head.due_at)
        {FROM_HEADS}
        WHERE {IS_DUE} AND {is_class} AND {besides}
    )
    SELECT CAST(candidate.webhook_id AS text), candidate.again, candidate.cap,
           CAST(endpoint.organization_id AS text)
    FROM candidate
    JOIN webhooks_outgoingwebhook endpoint ON endpoint.id = candidate.webhook_id
    JOIN organizations_organization organization ON organization.id = endpoint.organization_id
    LEFT JOIN busy ON busy.organization_id = candidate.organization_id
    WHERE endpoint.is_active AND candidate.place <= {room}
    ORDER BY candidate.place + COALESCE(busy.in_flight, 0), candidate.due_at LIMIT %(limit)s
"""  # noqa: S608


# Endpoint and organization together: of two claimers that count the same rows one waits for another turn.
# Not FOR UPDATE: that would wait for every transaction that is storing a delivery to this endpoint.
LOCKED = "FOR NO KEY UPDATE OF endpoint, organization SKIP LOCKED"
BESIDES = "head.webhook_id <> ALL(%(besides)s::uuid[])"
BESIDES_JSON = "head.webhook_id NOT IN (SELECT value FROM json_each(%(besides)s))"
FAST_LANES, SLOW_LANES = (
    due_lanes(NEW, IS_FAST, FAST_ROOM, BESIDES),
    due_lanes(BOTH, IS_SLOW, SLOW_ROOM, BESIDES),
)
FAST_LANES_JSON = due_lanes(NEW, IS_FAST, FAST_ROOM, BESIDES_JSON)
SLOW_LANES_JSON = due_lanes(BOTH, IS_SLOW, SLOW_ROOM, BESIDES_JSON)

# Statements of their own after the lock: their snapshots see what other claimers of these lanes committed.
LOAD_NOW = f"""
    WITH RECURSIVE {LOAD}
    SELECT CAST(webhook_id AS text), CAST(organization_id AS text), in_flight, slow FROM load
"""  # noqa: S608
DUE_ROWS = f"""
    SELECT EXTRACT(EPOCH FROM due.next_attempt_at)::float8, due.id, lane.place - 1
    FROM unnest(%(webhooks)s::uuid[], %(agains)s::int[], %(rooms)s::int[])
         WITH ORDINALITY AS lane (webhook_id, again, room, place)
    CROSS JOIN LATERAL (
        SELECT id, next_attempt_at FROM webhooks_delivery
        WHERE webhook_id = lane.webhook_id AND state = 'pending' AND {AGAIN} = lane.again
          AND next_attempt_at <= %(now)s
        ORDER BY next_attempt_at, id LIMIT lane.room
        FOR NO KEY UPDATE SKIP LOCKED) AS due
"""  # noqa: S608
# SQLite's: one lane at a time, in a transaction that is alone anyway.
DUE_ROWS_OF_A_LANE = f"""
    SELECT next_attempt_at, id, %(place)s FROM webhooks_delivery
    WHERE webhook_id = %(webhook)s AND state = 'pending' AND {AGAIN} = %(again)s
      AND next_attempt_at <= %(now)s
    ORDER BY next_attempt_at, id LIMIT %(room)s
"""  # noqa: S608

ANYTHING_DUE = f"""
    WITH RECURSIVE {WAITING}, {HEAD}
    SELECT EXISTS (SELECT 1 FROM webhooks_delivery
                   WHERE state = 'in_flight' AND lease_expires_at <= %(now)s)
        OR EXISTS (SELECT 1 FROM webhooks_webhooklane WHERE is_spreading)
        OR EXISTS (SELECT 1 {FROM_HEADS} WHERE ({IS_DUE}) OR ({IS_HELD_TOO_LONG}))
"""  # noqa: S608
HELD_TOO_LONG = f"""
    WITH RECURSIVE {WAITING}, {HEAD} SELECT DISTINCT head.webhook_id {FROM_HEADS} WHERE {IS_HELD_TOO_LONG}
"""
DUE_COUNT = f"""
    WITH RECURSIVE {WAITING}
    SELECT COALESCE(sum((SELECT count(*) FROM (
        SELECT 1 FROM webhooks_delivery
        WHERE webhook_id = waiting.webhook_id AND state = 'pending' AND {AGAIN} = kind.again
          AND next_attempt_at <= %(now)s
        LIMIT 1000) AS few)), 0)
    FROM waiting
    JOIN webhooks_outgoingwebhook endpoint ON endpoint.id = waiting.webhook_id AND endpoint.is_active
    CROSS JOIN ({BOTH}) AS kind
"""  # noqa: S608
OLDEST_DUE = f"""
    WITH RECURSIVE {WAITING}, {HEAD} SELECT min(head.due_at) {FROM_HEADS}
    WHERE endpoint.is_active AND head.due_at <= %(now)s
      AND (lane.open_until IS NULL OR lane.open_until <= %(now)s)
"""
