"""Planning saves: where each record goes, what time it gets, and which are there already."""

import time
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import PurePosixPath

import msgspec

from trainstore.disk_format.layout import data_type_part, function_folder, record_file_name
from trainstore.disk_format.path_parts import folder_part, without_case
from trainstore.records.training_record import TrainingRecord, encode_record
from trainstore.store.git.changes import Commit, Write
from trainstore.store.index.queries import Index
from trainstore.store.messages import save_message


@dataclass(frozen=True)
class Incoming:
    """A record to be saved, with the bytes of its file where it came from one."""

    record: TrainingRecord
    file: bytes | None = None


@dataclass(frozen=True)
class _Known:
    """A version of a function, saved or about to be."""

    path: str
    timestamp: int
    digests: tuple[str, str]
    present: bool


@dataclass
class _Function:
    """What is known of one function while the plan grows: its folder and its versions, oldest first."""

    folder: str
    versions: list[_Known] = field(default_factory=list)

    @property
    def newest(self) -> int:
        """The greatest timestamp, of versions that left the tree too; -1 where there is none."""
        return max((version.timestamp for version in self.versions), default=-1)

    @property
    def current(self) -> _Known | None:
        """The version in the tree with the greatest timestamp."""
        present = [version for version in self.versions if version.present]
        return max(present, key=lambda version: version.timestamp, default=None)


class SavePlan:
    """The commits of one call, one a version, grown record by record.

    Attributes:
        commits: in the order of the records.
        saved: path of each commit's version.
        unchanged: paths of versions that are in the tree already.
        gone: paths of versions that were there and left the tree; an import does not bring them back.
    """

    def __init__(self, index: Index, action: str) -> None:
        self.commits: list[Commit] = []
        self.saved: list[str] = []
        self.unchanged: list[str] = []
        self.gone: list[str] = []
        self._index = index
        self._action = action
        self._functions: dict[str, _Function] = {}
        self._folders: dict[str, dict[str, str]] = {}

    def save(self, incoming: Incoming) -> None:
        """Add a record as the new current version of its function.

        Equal in code and search space to the current one, it is unchanged. Where its time is not later than the
        newest version's, it gets the next free second from now on.
        """
        record, content = incoming.record, incoming.file
        function = self._function(record)
        digests = (record.code_digest, record.space_digest)
        current = function.current
        if current is not None and current.digests == digests:
            self.unchanged.append(current.path)
            return
        newest = function.newest
        if record.timestamp <= newest:
            timestamp = max(int(time.time()), newest + 1)
            moved = {**record.content, "timestamp": timestamp}
            record = msgspec.structs.replace(record, timestamp=timestamp, content=moved)
            content = None
        if content is None:
            content = encode_record(record.content)
        self._add(function, record, digests, content)

    def keep(self, incoming: Incoming) -> None:
        """Add a record with its own time, byte for byte; one that is or was in the store already adds nothing."""
        record = incoming.record
        content = encode_record(record.content) if incoming.file is None else incoming.file
        function = self._function(record)
        digests = (record.code_digest, record.space_digest)
        same_second = [version for version in function.versions if version.timestamp == record.timestamp]
        for version in same_second:
            if version.digests == digests:
                (self.unchanged if version.present else self.gone).append(version.path)
                return
        suffix = ""
        if same_second:
            taken = {version.path for version in same_second}
            suffix = record.code_digest
            if _path(function, record, suffix) in taken:  # the same code, with another search space
                suffix = sha256("".join(digests).encode()).hexdigest()
        self._add(function, record, digests, content, suffix)

    def _add(
        self,
        function: _Function,
        record: TrainingRecord,
        digests: tuple[str, str],
        content: bytes,
        suffix: str = "",
    ) -> None:
        path = _path(function, record, suffix)
        function.versions.append(_Known(path, record.timestamp, digests, present=True))
        author_time = record.timestamp if self._action == "import" else None
        message = save_message(record, path, self._action)
        self.commits.append(Commit(message, (Write(path, content),), author_time))
        self.saved.append(path)

    def _function(self, record: TrainingRecord) -> _Function:
        known = self._functions.get(record.function)
        if known is None:
            versions = self._index.versions(record.data_type, record.model_name)
            folder = versions[-1].folder if versions else self._new_folder(record)
            known = _Function(
                folder,
                [_Known(v.path, v.timestamp, (v.code_digest, v.space_digest), v.present) for v in versions],
            )
            self._functions[record.function] = known
        return known

    def _new_folder(self, record: TrainingRecord) -> str:
        """Return a folder that no other function has, now or in history."""
        parent = function_folder(data_type_part(record.data_type), "")
        if parent not in self._folders:
            self._folders[parent] = {
                without_case(PurePosixPath(folder).name): folder for folder in self._index.folders(parent)
            }
        taken = self._folders[parent]
        name = folder_part(record.model_name, taken)
        taken[without_case(name)] = name
        return f"{parent}/{name}"


def _path(function: _Function, record: TrainingRecord, suffix: str) -> str:
    name = record_file_name(record.data_type, record.model_name, record.timestamp, suffix)
    return f"{function.folder}/{name}"
