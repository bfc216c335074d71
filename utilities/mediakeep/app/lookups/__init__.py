"""Access to the web services, from options and settings."""
