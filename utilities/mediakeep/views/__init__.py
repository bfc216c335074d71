"""Summaries of the queues and their history: dashboard, reports, review list, terminal text."""
