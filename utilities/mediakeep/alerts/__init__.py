"""Alerts: notify a webhook or a command of events that need the user."""
