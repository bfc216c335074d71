"""Use cases of music: lookups, covers and single artists."""
