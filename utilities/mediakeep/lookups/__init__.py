"""Lookups at web services: cached, rate limited, and retried."""
