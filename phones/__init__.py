"""Phone numbers: what Meta says of them, and whether they can receive and send."""
