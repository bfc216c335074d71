"""The files next to a movie: find which exist, decide which are needed, and write them."""
