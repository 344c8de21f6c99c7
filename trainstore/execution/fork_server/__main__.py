"""Entry of the fork server.

Its arguments are the descriptor of its socket, the parent's process id, and folders that are to go when it ends.
"""

import sys
from pathlib import Path

from trainstore.execution.fork_server.real_paths import import_from_real_paths

if __name__ == "__main__":
    import_from_real_paths()
    from trainstore.execution.fork_server.forked import supervise_forked
    from trainstore.execution.fork_server.preload import preload
    from trainstore.execution.fork_server.serving import serve
    from trainstore.execution.remove_folder import remove_folder

    preload()
    birth = serve(int(sys.argv[1]), int(sys.argv[2]))
    if birth is not None:  # in a forked process
        supervise_forked(birth)
    for folder in sys.argv[3:]:  # the parent may have been killed
        remove_folder(Path(folder))
