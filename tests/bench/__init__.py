"""The benches, as small as they can be: that they still run."""
