"""Read MP3 streams."""
