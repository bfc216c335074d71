"""One module per format: what it tells of its sound, where that lies, and what proves a loss."""
