"""Everything about music: scan artists, look them up, find and repair issues, write reports."""
