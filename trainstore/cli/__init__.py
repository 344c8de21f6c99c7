"""The command line: one file a command. It parses, calls the store, prints; nothing else does."""
