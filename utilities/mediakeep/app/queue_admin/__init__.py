"""Queue administration: scan, show, reset, maintain, back up and import."""
