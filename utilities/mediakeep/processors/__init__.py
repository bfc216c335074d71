"""Processors: pure functions from one audio file to output files, described by their parameters."""
