"""Messages on their way to Meta: stored, taken in their order, sent once, and settled."""
