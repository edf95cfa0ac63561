"""Drills: what an operator does to the running product, under load, with everything counted."""
