"""The Cover Art Archive client."""
