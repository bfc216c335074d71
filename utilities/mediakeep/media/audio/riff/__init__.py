"""RIFF and AIFF: chunks, streams and INFO tags."""
