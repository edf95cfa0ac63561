"""Links that open one phone's inbox to somebody without an API key, with what the link permits."""
