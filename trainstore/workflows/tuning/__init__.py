"""Searching a version's space: trials, the study on disk, and the best run kept."""
