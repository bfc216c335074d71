"""Tag formats, one module each."""
