"""One file a step, one function `run(signup, run)`: safe to run twice, its own Graph calls alone."""
