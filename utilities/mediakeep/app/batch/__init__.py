"""Run a batch: maintenance, alerts and lookup estimates around the runner."""
