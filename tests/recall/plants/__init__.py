"""Defects of every kind, each planted into one healthy album."""
