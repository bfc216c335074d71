"""Group the files of a library into movies, by their names and folders."""
