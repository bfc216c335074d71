"""One module per kind of parts that files are made of: how to walk from one to the next."""
