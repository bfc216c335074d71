"""All audits of a library as one: every track in two files, and what only shows across artists.

docs/music-master-report.md describes the files.
"""
