"""The files next to a movie: which ones exist, which are needed, and writing them."""
