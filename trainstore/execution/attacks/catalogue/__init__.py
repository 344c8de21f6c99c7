"""Every attack, with what stops it at each level."""
