"""Measurements, one file each, run by `make bench`; README.md says what they compare and what came out."""
