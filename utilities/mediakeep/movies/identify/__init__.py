"""Identify movies: by IDs, by names, and with the candidates and confidence of a TMDb search."""
