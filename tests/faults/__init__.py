"""What signups and outgoing webhooks survive: real processes, servers of our own, faults on purpose."""
