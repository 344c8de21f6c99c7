"""Lets code that demands CUDA run on the device that is there."""
