"""Pipelines: audio files pass through processors, in sessions that can be stopped and resumed."""
