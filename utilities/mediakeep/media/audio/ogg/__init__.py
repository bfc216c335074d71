"""Ogg pages, streams and codecs."""
