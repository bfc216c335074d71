"""Parse the names of movie files and folders."""
