"""Read Ogg pages, streams and codecs."""
