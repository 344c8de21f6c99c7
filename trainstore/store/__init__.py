"""The store: git, its index, the names of versions, and DVC's checkpoints."""
