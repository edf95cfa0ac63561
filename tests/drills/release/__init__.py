"""A next release: one migration that the release before can live with."""
