"""Which versions stay and which go, decided from facts alone; nothing here reads a store or a clock."""
