"""The Graph API of the fake Meta, one module a noun; `dispatch.answer` is the way in."""
