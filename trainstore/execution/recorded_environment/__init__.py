"""The environment that a run recorded, made again for another run."""
