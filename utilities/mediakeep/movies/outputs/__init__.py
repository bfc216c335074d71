"""Movie reports, JSON records and CSV tables."""
