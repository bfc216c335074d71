"""Alerts: messages to a webhook or a command about events that need the user."""
