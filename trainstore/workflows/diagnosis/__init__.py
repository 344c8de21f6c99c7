"""Diagnosing a machine and a store: will everything work here?"""
