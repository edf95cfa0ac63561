"""What every measured event tells."""

NAME = "message.received"
# Its envelope makes it 1 KiB.
DATA = {"text": "x" * 873}
