"""Freeing a DVC remote of checkpoints that left the tree, when no clone needs them: announced, planned, carried out."""
