"""Decide how issues are repaired: pure functions, one per kind; and apply the repairs to files."""
