"""archive.org: search, metadata of items, and the files of an episode."""
