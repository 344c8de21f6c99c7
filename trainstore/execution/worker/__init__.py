"""The process that runs untrusted code: the only place that imports torch, never imported by the parent."""
