"""Removing a folder in which untrusted code worked."""

import shutil
import subprocess
from pathlib import Path

from trainstore.execution.interrupts import interrupts_deferred


def remove_folder(root: Path) -> None:
    """Remove a folder in which untrusted code may have left locked or endlessly nested folders.

    Ctrl-C waits until it is gone: nobody would come back to what is left.
    """
    if not root.exists():  # a process of its own was faster
        return
    with interrupts_deferred():
        try:
            shutil.rmtree(root)
        except (OSError, RecursionError):
            for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
                subprocess.run(
                    [*command, "--", str(root)],
                    check=False,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
