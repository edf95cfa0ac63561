"""The outbox's SQL: which numbers have messages that wait, at the same cost behind any backlog."""

# Steps from one number to the next by the index outbox_waiting; see webhooks/delivery/statements.py.
FIRST = """SELECT phone_id FROM inbox_outboxentry
           WHERE due_at IS NOT NULL AND called_at IS NULL{after} ORDER BY phone_id, due_at, id LIMIT 1"""
WAITING_LANES = f"""
    WITH RECURSIVE waiting (phone_id) AS (
        SELECT ({FIRST.format(after="")})
        UNION ALL
        SELECT ({FIRST.format(after=" AND phone_id > waiting.phone_id")})
        FROM waiting WHERE waiting.phone_id IS NOT NULL
    ), head (phone_id, due_at) AS (
        SELECT phone_id, (SELECT due_at FROM inbox_outboxentry
                          WHERE phone_id = waiting.phone_id AND due_at IS NOT NULL AND called_at IS NULL
                          ORDER BY due_at, id LIMIT 1)
        FROM waiting WHERE phone_id IS NOT NULL
    )
    SELECT head.phone_id, head.due_at, lane.next_free_at, lane.paused_until, phone.is_coexistence,
           phone.throughput_level
    FROM head JOIN inbox_sendinglane lane ON lane.phone_id = head.phone_id
    JOIN phones_phonenumber phone ON phone.id = head.phone_id
"""  # noqa: S608 - constants of this file
