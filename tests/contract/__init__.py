"""The API against its contract: the user's documents, every kind of wrong input, and the OpenAPI document."""
