"""ASF (WMA)."""
