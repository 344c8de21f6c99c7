"""Whether DVC's cache still holds what checkpoints and data sets need, and whether it is still what it was."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from trainstore.disk_format.dvc_files import is_folder_id, parse_folder_object
from trainstore.errors import InvalidRecord
from trainstore.store.checkpoints.dvc_cache import DvcCache
from trainstore.store.checkpoints.one_pass import CHUNK

WEIGHTS = "weights.safetensors"

_MOST_FOLDER_OBJECT_BYTES = 1 << 20

Fault = Literal["missing", "corrupt", "weights differ", "work tree differs"]


@dataclass(frozen=True)
class CacheFault:
    """What is wrong with one file that is kept.

    Attributes:
        fault: ``missing`` from the cache; ``corrupt`` there; ``weights differ`` from the digest in run.json;
            ``work tree differs`` from the cache.
        file: its name; empty for the list of files itself.
        place: where it stands, or should.
        copy: another place that has the right bytes.
    """

    fault: Fault
    file: str
    place: Path
    copy: Path | None = None


@dataclass(frozen=True)
class ExpectedCheckpoint:
    """What run.json says of a checkpoint.

    Attributes:
        folder: where its files are linked to, in the work tree; need not be there.
        md5: id of the folder's object.
        size: bytes of all files.
        weights_digest: ``sha256:…`` of the weights file.
    """

    folder: Path
    md5: str
    size: int | None
    weights_digest: str | None


@dataclass(frozen=True)
class ExpectedFile:
    """What the pointer of a data file says.

    Attributes:
        place: where it is linked to, in the work tree; need not be there.
        md5: id of its object.
        size: in bytes.
    """

    place: Path
    md5: str
    size: int


@dataclass(frozen=True)
class _Digests:
    md5: str
    sha256: str


_UNREADABLE = _Digests("", "")


@dataclass
class CacheChecker:
    """Checks checkpoints and data files against a cache; an object that several share is read once.

    Attributes:
        content: read every file, where otherwise only its presence and size are looked at.
        bytes_hashed: of all that was read.
    """

    cache: DvcCache
    content: bool
    bytes_hashed: int = 0
    _known: dict[Path, _Digests] = field(default_factory=dict)

    def check(self, expected: ExpectedCheckpoint) -> list[CacheFault]:
        """Return what is wrong with a checkpoint; empty where nothing is."""
        if not is_folder_id(expected.md5):
            return [CacheFault("corrupt", "", self.cache.root)]
        place = self.cache.path(expected.md5)
        if not place.is_file():
            return [CacheFault("missing", "", place)]
        try:
            files = self._listed(place, expected.md5)
        except InvalidRecord:
            return [CacheFault("corrupt", "", place)]
        objects = {name: self.cache.path(md5) for name, md5 in files.items()}
        faults = self._cache_faults(expected, files, objects)
        return faults or self._work_tree_faults(expected.folder, objects)

    def check_file(self, expected: ExpectedFile) -> list[CacheFault]:
        """Return what is wrong with a data file; empty where nothing is."""
        stored, place = self.cache.path(expected.md5), expected.place
        if not stored.is_file():
            found = place if place.is_file() and self._digests(place).md5 == expected.md5 else None
            return [CacheFault("missing", place.name, stored, found)]
        suspect = self.content or stored.stat().st_size != expected.size
        if suspect and self._digests(stored).md5 != expected.md5:
            return [CacheFault("corrupt", place.name, stored)]
        if place.exists() and not self._is_same(place, stored):
            return [CacheFault("work tree differs", place.name, place)]
        return []

    def _listed(self, place: Path, md5: str) -> Mapping[str, str]:
        if place.stat().st_size > _MOST_FOLDER_OBJECT_BYTES or f"{self._digests(place).md5}.dir" != md5:
            raise InvalidRecord(f"The list of files {md5} is not what it was.")
        return parse_folder_object(place.read_bytes())

    def _cache_faults(
        self, expected: ExpectedCheckpoint, files: Mapping[str, str], objects: Mapping[str, Path]
    ) -> list[CacheFault]:
        faults = []
        present = {name: place for name, place in objects.items() if place.is_file()}
        for name in files.keys() - present.keys():
            copy = expected.folder / name
            found = copy if copy.is_file() and self._digests(copy).md5 == files[name] else None
            faults.append(CacheFault("missing", name, objects[name], found))
        whole = not faults and sum(place.stat().st_size for place in present.values()) == expected.size
        for name, place in present.items() if self.content or not whole else ():
            if self._digests(place).md5 != files[name]:
                faults.append(CacheFault("corrupt", name, place))
            elif name == WEIGHTS and f"sha256:{self._digests(place).sha256}" != expected.weights_digest:
                faults.append(CacheFault("weights differ", name, place))
        return faults

    def _work_tree_faults(self, folder: Path, objects: Mapping[str, Path]) -> list[CacheFault]:
        if not folder.is_dir():
            return []
        names = {file.name for file in folder.iterdir()} | objects.keys()
        return [
            CacheFault("work tree differs", name, folder / name)
            for name in sorted(names)
            if not self._is_same(folder / name, objects.get(name))
        ]

    def _is_same(self, file: Path, stored: Path | None) -> bool:
        if stored is None or not file.is_file():
            return False
        if file.samefile(stored):
            return True
        if file.stat().st_size != stored.stat().st_size:
            return False
        return not self.content or self._digests(file).md5 == self._digests(stored).md5

    def _digests(self, place: Path) -> _Digests:
        if place not in self._known:
            self._known[place] = self._read(place)
        return self._known[place]

    def _read(self, place: Path) -> _Digests:
        md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
        try:
            with place.open("rb") as file:
                while chunk := file.read(CHUNK):
                    md5.update(chunk)
                    sha256.update(chunk)
                    self.bytes_hashed += len(chunk)
        except OSError:  # the disk cannot give it back, or it is someone else's
            return _UNREADABLE
        return _Digests(md5.hexdigest(), sha256.hexdigest())
