"""The fake Meta, driven over real HTTP and in a real browser."""
