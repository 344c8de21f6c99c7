"""Verifying a store: is all that was ever saved still there, and still what it was?"""
