"""NFO files of movies: parsing, and updates that keep everything else byte for byte."""
