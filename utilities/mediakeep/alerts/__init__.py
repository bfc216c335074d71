"""Alerts: a webhook and a command of the user's are told what needs a person."""
