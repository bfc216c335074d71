"""One module per kind of tags: how it is written, and where it stands around a sound."""
