"""One function for each kind of issue with a movie; movies/kinds.py is their table."""
