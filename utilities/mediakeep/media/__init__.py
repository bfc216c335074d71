"""Media files: read them, write them with verification, record undo data and cache results."""
