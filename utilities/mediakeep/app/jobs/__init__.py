"""Jobs: items that pass through stages, and the actions on them."""
