"""The process between the parent and a worker: starts it, watches it, ends its whole tree."""
