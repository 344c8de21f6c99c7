"""Sharing a store: its commits by git's remotes, its checkpoints and data sets by DVC's."""
