"""Identify movies by IDs, by names, and by the rated candidates of a TMDb search."""
