"""Edits that users make: field values, covers, releases, accepted proposals."""
