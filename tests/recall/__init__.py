"""A judge of the diagnosis that was written from the documents alone."""
