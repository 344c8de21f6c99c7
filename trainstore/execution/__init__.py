"""Runs untrusted training functions and models in watched worker processes, and judges what they report."""
