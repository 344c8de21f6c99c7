"""The tables of the index."""

import sqlite3

SCHEMA_VERSION = 10

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE events (
    place INTEGER PRIMARY KEY, commit_id TEXT, committed INTEGER, author TEXT, subject TEXT, action TEXT,
    model_name TEXT, data_type TEXT, timestamp INTEGER, confidence REAL, api_model TEXT, run_id TEXT
);
CREATE TABLE versions (
    path TEXT PRIMARY KEY, folder TEXT, model_name TEXT, data_type TEXT, timestamp INTEGER, code_digest TEXT,
    space_digest TEXT, confidence REAL, api_model TEXT, parameters TEXT, request_digest TEXT, data_kind TEXT,
    parent TEXT, commit_id TEXT, present INTEGER
);
CREATE TABLE pruned_from (commit_id TEXT, folder TEXT);
CREATE TABLE left_over (path TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE runs (
    run_id TEXT PRIMARY KEY, folder TEXT, version_path TEXT, action TEXT, outcome TEXT, device TEXT, score REAL,
    data_digest TEXT, rerun_of TEXT, verdict TEXT, claim TEXT, study_id TEXT, committed INTEGER, commit_id TEXT,
    present INTEGER
) WITHOUT ROWID;
CREATE TABLE functions (
    path TEXT, folder TEXT, model_name TEXT, data_type TEXT, timestamp INTEGER, code_digest TEXT, space_digest TEXT,
    confidence REAL, api_model TEXT, parameters TEXT, commit_id TEXT, present INTEGER, ordinal INTEGER,
    versions INTEGER, runs INTEGER, score REAL, best_score REAL, scores TEXT, words TEXT,
    PRIMARY KEY (model_name, data_type)
) WITHOUT ROWID;
CREATE TABLE changed_functions (model_name TEXT, data_type TEXT, PRIMARY KEY (model_name, data_type)) WITHOUT ROWID;
"""

_INDEXES = """
CREATE INDEX events_by_commit ON events (commit_id);
CREATE INDEX events_by_function ON events (model_name, data_type, place);
CREATE INDEX versions_by_function ON versions (model_name, data_type, timestamp, code_digest);
CREATE INDEX versions_by_folder ON versions (folder);
CREATE INDEX versions_by_commit ON versions (commit_id);
CREATE INDEX versions_by_request ON versions (request_digest) WHERE request_digest IS NOT NULL;
CREATE INDEX versions_by_kind ON versions (data_kind) WHERE data_kind IS NOT NULL;
CREATE INDEX versions_by_parent ON versions (parent) WHERE parent IS NOT NULL;
CREATE INDEX pruned_from_by_folder ON pruned_from (folder);
CREATE INDEX runs_by_version ON runs (version_path);
CREATE INDEX runs_by_data ON runs (data_digest, run_id);
CREATE INDEX runs_by_study ON runs (study_id) WHERE study_id IS NOT NULL;
CREATE INDEX functions_by_time ON functions (timestamp);
CREATE INDEX functions_by_type ON functions (data_type);
"""

# Whoever changes a version or a run need not know of the summaries in `trainstore.store.index.functions`.
_MARK = "INSERT OR IGNORE INTO changed_functions"
_TRIGGERS = {
    "version_comes AFTER INSERT ON versions": f"{_MARK} VALUES (NEW.model_name, NEW.data_type)",
    "version_goes AFTER DELETE ON versions": f"{_MARK} VALUES (OLD.model_name, OLD.data_type)",
    "version_changes AFTER UPDATE ON versions": f"""
        {_MARK} VALUES (OLD.model_name, OLD.data_type), (NEW.model_name, NEW.data_type)""",
    # A run of another version may claim the same id, and take the place of this one.
    "run_is_replaced BEFORE INSERT ON runs": f"""
        {_MARK} SELECT v.model_name, v.data_type FROM runs r JOIN versions v ON v.path = r.version_path
            WHERE r.run_id = NEW.run_id""",
    **{
        f"run_{name} ON runs": f"{_MARK} SELECT model_name, data_type FROM versions WHERE path = NEW.version_path"
        for name in ("comes AFTER INSERT", "changes AFTER UPDATE")
    },
}


def create_tables(database: sqlite3.Connection) -> None:
    """Lay out the tables, inside the transaction at hand (`executescript` would end it)."""
    for statement in _TABLES.split(";"):
        database.execute(statement)


def create_indexes(database: sqlite3.Connection) -> None:
    """Make the indexes of the tables; each question that they answer is one of `trainstore.store.index.queries`."""
    for statement in _INDEXES.split(";"):
        database.execute(statement)
    for trigger, statement in _TRIGGERS.items():
        database.execute(f"CREATE TRIGGER {trigger} BEGIN {statement}; END")


def drop_tables(database: sqlite3.Connection) -> None:
    """Take away all tables, of this release or another."""
    for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        database.execute(f'DROP TABLE "{table}"')


def known_head(database: sqlite3.Connection) -> str | None:
    """Return the commit that the index was last brought up to; None where it is empty or of another release."""
    if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
        return None
    values = dict(database.execute("SELECT key, value FROM meta").fetchall())
    return values.get("head") if values.get("schema") == str(SCHEMA_VERSION) else None
