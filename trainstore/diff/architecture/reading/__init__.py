"""Reads from the syntax tree of training code which model it builds. Nothing of it is executed."""
