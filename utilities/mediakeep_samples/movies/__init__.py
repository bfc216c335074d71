"""Sample movie libraries."""
