"""The process that has imported what workers import, computes nothing, and forks itself into each of them."""
