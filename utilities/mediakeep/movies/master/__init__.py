"""All records of a library as one, and what only shows over all movies.

docs/movie-master-report.md describes the files.
"""
