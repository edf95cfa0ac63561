"""Starter templates: texts of ours in six languages, handed in for a customer after their link completed."""
