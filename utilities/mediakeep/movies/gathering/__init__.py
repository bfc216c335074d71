"""Which files of a library make up one movie, told by their names and where they lie."""
