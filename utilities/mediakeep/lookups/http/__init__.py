"""Cached, rate-limited HTTP with retries, shared by all services."""
