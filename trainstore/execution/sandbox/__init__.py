"""What keeps a worker in bounds: layers that are probed, set by the worker itself, and confirmed from outside."""
