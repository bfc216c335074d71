"""The master report of a library: all tracks in two files, and findings across artists.

docs/music-master-report.md describes the files.
"""
