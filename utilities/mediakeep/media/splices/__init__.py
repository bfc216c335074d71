"""Assemble files from parts of other files, without touching the audio."""
