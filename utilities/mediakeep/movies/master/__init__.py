"""The master report of a movie library: all movie records, statistics and comparisons.

docs/movie-master-report.md describes the files.
"""
