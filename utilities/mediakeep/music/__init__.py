"""Music: scan an artist, diagnose it, report it."""
