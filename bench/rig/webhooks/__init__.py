"""What the measurement of deliveries is made of: the processes, the rows, and each of its scenarios."""
