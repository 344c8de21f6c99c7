"""Objects of DVC's cache on their way to a DVC remote, and from there."""
