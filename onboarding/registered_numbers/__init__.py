"""Numbers that a client proves before any link, in Meta's pool of pre-verified numbers."""
