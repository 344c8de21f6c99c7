"""The one path by which a store is written, all of it or nothing."""
