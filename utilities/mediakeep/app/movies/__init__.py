"""Use cases of movies: manual matches, video probing."""
