"""Lookups at The Movie Database (TMDb)."""
