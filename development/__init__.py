"""What only a development machine runs: the one-process product, and the demonstration signup."""
