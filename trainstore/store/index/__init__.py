"""The index: git's history and tree as tables that answer at once."""
