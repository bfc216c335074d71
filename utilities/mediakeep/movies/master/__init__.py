"""Combine all movie records of a library, with statistics and comparisons over all movies.

docs/movie-master-report.md describes the files.
"""
