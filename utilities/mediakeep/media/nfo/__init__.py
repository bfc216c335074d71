"""Read NFO files of movies, and update them while everything else stays byte for byte."""
