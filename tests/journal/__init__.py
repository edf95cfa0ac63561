"""What is kept of the calls of Graph."""
