"""What runs inside the worker: training functions that attack. They need Python's own library only."""
