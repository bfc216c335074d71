"""Replace files safely: only after the new copy was verified."""
