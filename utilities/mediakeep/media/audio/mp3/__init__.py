"""MP3 streams."""
