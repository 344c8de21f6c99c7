"""What random tests do to a store, one step after another."""

from typing import Any

from trainstore.api import Store
from trainstore.workflows.save import save_records


class StoreSteps:
    """A store with a thing or two done to it; a step is the name of a method without ``do_``, and its arguments."""

    def __init__(self, store: Store, make_record: Any, record_run: Any) -> None:
        self.store = store
        self._make_record = make_record
        self._record_run = record_run
        self._saved = 0

    def do_save(self, name: str) -> None:
        self._saved += 1
        code = f"def train_model(X_train, y_train, X_val, y_val, device):\n    return {self._saved}\n"
        save_records(self.store.repository, [self._make_record(name, code, 1704067200 + self._saved)])

    def do_pin(self, version: str) -> None:
        self.store.pin(version)

    def do_unpin(self, version: str) -> None:
        self.store.unpin(version)

    def do_restore(self, version: str) -> None:
        self.store.restore(version)

    def do_rollback(self, version: str) -> None:
        self.store.rollback(version.partition("@")[0], version)

    def do_undo(self) -> None:
        self.store.undo()
