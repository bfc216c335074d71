"""Use cases: what the commands do, without Click and without printing."""
