"""NFO files of movies: what they say, and how it is brought up to date without losing a word."""
