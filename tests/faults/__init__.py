"""What the engine of outgoing webhooks survives: real processes, servers of our own, faults on purpose."""
