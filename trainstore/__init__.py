"""trainstore: git for AI-written training functions."""

__version__ = "0.1.0"
