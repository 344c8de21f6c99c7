"""Freeing the disk of checkpoints that left the tree: what needs them still, the plan, and carrying it out; and what uses the disk."""
