"""Files to go for: a home folder, a store, another job, and paths where something could be left behind.

They are open to every user, so that where an attack is stopped it is not for their permissions.
"""

import os
import shutil
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parents[3]
_SHM = Path("/dev/shm")
_FILES = {
    "home/.ssh/id_ed25519": "-----BEGIN OPENSSH PRIVATE KEY----- {ssh_key}",
    "home/documents/salaries.csv": "name,salary\n{document},1",
    "home/.bashrc": "export EDITOR=vi\n",
    "store/.git/config": '[remote "origin"]\n    url = https://user:{git_config}@example.org/store.git\n',
    "store/.git/hooks/post-commit.sample": "#!/bin/sh\n",
    "store/generated_training_functions/version.json": "{{}}\n",
    "store/generated_training_functions/deletable.json": "{{}}\n",
    "store/generated_training_functions/chmodded.json": "{{}}\n",
    "store/generated_training_functions/touched.json": "{{}}\n",
    "writable.txt": "as it was",
    "linkable.txt": "{linkable}",
}


class Decoys:
    """Folders and files that are there while the context lasts.

    Attributes:
        offered: for the attack: names to paths.
    """

    def __init__(self, marker: str, secrets: dict[str, str]) -> None:
        self._marker = marker
        self.root = Path(tempfile.mkdtemp(prefix="ts-bait-"))
        self._job = Path(tempfile.mkdtemp(prefix="ts-job-"))
        for name, text in _FILES.items():
            file = self.root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text.format_map(secrets))
        (self.root / "home" / secrets["listed"]).touch()
        (self.root / "mount").mkdir()
        (self._job / "code").mkdir()
        (self._job / "code" / "training_function.py").write_text("# what was to be run\n")
        functions = self.root / "store" / "generated_training_functions"
        self.offered: dict[str, Any] = {
            "home": self.root / "home",
            "store": self.root / "store",
            **{name: functions / f"{name}.json" for name in ("version", "deletable", "chmodded", "touched")},
            "writable": self.root / "writable.txt",
            "linkable": self.root / "linkable.txt",
            "opened": self.root / "opened",
            "mount_point": self.root / "mount",
            "other_job": self._job,
            "planted_pth": Path(sysconfig.get_path("purelib"), f"{marker}.pth"),
            "planted_pyc": _PACKAGE / "__pycache__" / f"{marker}.pyc",
            "planted_module": Path(tempfile.gettempdir(), f"{marker}.py"),
        }
        if os.access(_SHM, os.W_OK):
            self.offered["shm"] = _SHM / f"{marker}-other"
            self.offered["shm"].write_text(secrets["shm"])
        self._open_to_everybody()
        self._before = {path: _state(path) for path in self._watched()}

    def changed(self, name: str, below: str = "") -> bool:
        """Whether a file that was offered is not what it was: other content, or there where there was none."""
        path = Path(self.offered[name], below)
        return _state(path) != self._before.get(path)

    def close(self) -> None:
        for name in ("planted_pth", "planted_pyc", "planted_module"):
            self.offered[name].unlink(missing_ok=True)
        for file in _SHM.glob(f"{self._marker}*"):
            file.unlink()
        for folder in (self.root, self._job):
            shutil.rmtree(folder, ignore_errors=True)

    def _watched(self) -> list[Path]:
        return [file for folder in (self.root, self._job) for file in folder.rglob("*") if file.is_file()]

    def _open_to_everybody(self) -> None:
        for folder in (self.root, self._job):
            for path in (folder, *folder.rglob("*")):
                path.chmod(0o777 if path.is_dir() else 0o666)
        if "shm" in self.offered:
            self.offered["shm"].chmod(0o666)


def _state(path: Path) -> bytes | None:
    if path.is_dir():
        return b"a folder"
    return path.read_bytes() if path.exists() else None
