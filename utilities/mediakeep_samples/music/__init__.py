"""Sample music libraries."""
