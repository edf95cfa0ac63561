"""What deliveries are compared with, and both ends of the line: who publishes, and who receives.

Each module but `settings` and `bodies` is a program of its own, started by the measurement.
"""
