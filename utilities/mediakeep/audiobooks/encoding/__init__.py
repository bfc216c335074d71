"""Count the samples of sources, and encode their common timeline in chunks."""
