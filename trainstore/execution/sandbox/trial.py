"""Tries namespaces in a process of its own, which is spoilt by it; exits with 0 if they work.

Its one argument is ``user`` where a user namespace is needed.
"""

import sys

from trainstore.execution.sandbox.namespaces import enter_namespaces
from trainstore.execution.sandbox.tree import Step

if __name__ == "__main__":
    try:
        enter_namespaces(
            [Step("proc", "/proc"), Step("scratch", "/scratch", size=1 << 20)],
            user_namespace=sys.argv[1:] == ["user"],
            mount_point="/tmp",
            folder="/scratch",
        )
    except (OSError, KeyError) as error:
        sys.exit(getattr(error, "strerror", None) or f"not known for this processor: {error}")
