"""REST plumbing: envelope, errors, parsing, pages, limits, request ids. No models."""
