"""Checkpoints in DVC's cache."""
