"""The two ways in which something of Meta's is not taken in."""


class UnreadableError(ValueError):
    """It is not as Meta says that it is. Another try would find the same: there is none."""


class TooEarlyError(Exception):
    """What it is about is not known yet: Meta gives no order. It may be tried again, for a while."""
