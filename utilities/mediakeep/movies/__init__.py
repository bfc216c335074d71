"""Movies: identify files, look up metadata, and write what media centres read."""
