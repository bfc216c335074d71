"""Which release an album here is: told by its tracks, by identifiers, and never by a guess."""
