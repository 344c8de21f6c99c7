"""Searching the declared space of a version: points, and samplers that choose the next."""
