"""Find the movies of a library and the files that belong to each."""
