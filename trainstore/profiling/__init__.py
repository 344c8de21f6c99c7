"""Data sets: read from files, checked, described, digested and divided."""
