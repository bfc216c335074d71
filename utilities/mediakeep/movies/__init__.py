"""Movies: identify files, look up metadata, and write the files that media centres read."""
