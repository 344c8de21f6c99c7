"""Where the modules of this package are found, in a process whose descendants do not see its job folder."""

import os
import sys

_PACKAGE = __name__.partition(".")[0]


def import_from_real_paths() -> None:
    """Import what is still to come of this package from where it really lies, which every worker may read."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == _PACKAGE and hasattr(module, "__path__"):
            module.__path__ = [os.path.realpath(folder) for folder in module.__path__]
