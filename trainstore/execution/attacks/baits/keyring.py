"""A key of this user in the kernel's keyring."""

import ctypes
from typing import Any

from trainstore.execution.attacks.programs.attempt import Stopped, system_call

_USER_KEYRING = -4
_UNLINK, _SET_PERMISSIONS = 9, 5
_ALL_TO_OWNER = 0x3F3F0000


class Keyring:
    """Holds one secret; nothing is offered where the kernel has no keyrings or does not let us."""

    def __init__(self, marker: str, secret: str) -> None:
        self.offered: dict[str, Any] = {}
        try:
            self._key = system_call(
                "add_key",
                b"user",
                marker.encode(),
                secret.encode(),
                ctypes.c_size_t(len(secret)),
                _USER_KEYRING,
            )
            system_call("keyctl", _SET_PERMISSIONS, self._key, _ALL_TO_OWNER)
        except (OSError, Stopped):
            return
        self.offered["key"] = marker

    def close(self) -> None:
        if self.offered:
            system_call("keyctl", _UNLINK, self._key, _USER_KEYRING)
