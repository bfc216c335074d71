"""Parse the names of movie files and folders for title, year, IDs and edition."""
