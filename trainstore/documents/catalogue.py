"""Which command prints which document with ``--json``, and which page gives which."""

from typing import Any

from trainstore.documents.comparison import ComparisonJson
from trainstore.documents.data_sets import DataAddedJson, DataProfileJson, DataRemovedJson, DataSetsJson
from trainstore.documents.diagnosis import DiagnosisJson, SiegeJson
from trainstore.documents.disk import DiskUseJson, ReclaimJson
from trainstore.documents.functions import FunctionsJson, MatchesJson
from trainstore.documents.generation import GeneratedJson, PromptPlanJson
from trainstore.documents.history import EventsJson, GraphJson, LineageJson
from trainstore.documents.pages import ErrorJson, FunctionPageJson, FunctionsPageJson, VersionPageJson
from trainstore.documents.pins import PinnedJson, UnpinnedJson
from trainstore.documents.pruning import PruneJson
from trainstore.documents.recorded import RunJson, StudyJson
from trainstore.documents.runs import LogsJson, PredictionJson, RepeatedJson, RerunJson, RunsJson, WeightsJson
from trainstore.documents.saves import SavesJson
from trainstore.documents.sharing import PullJson, PushJson
from trainstore.documents.store import InitJson, PageAddressJson, StatusJson, TreeChangeJson
from trainstore.documents.studies import StudiesJson
from trainstore.documents.verification import VerifyJson
from trainstore.documents.versions import ReportJson, ShownVersionJson

COMMANDS: dict[str, Any] = {
    "init": InitJson,
    "generate": GeneratedJson,
    "generate --dry-run": PromptPlanJson,
    "save": SavesJson,
    "import": SavesJson,
    "ui": PageAddressJson,
    "status": StatusJson,
    "list": FunctionsJson,
    "list --grep": MatchesJson,
    "show": ShownVersionJson,
    "show RUN": RunJson,
    "history": EventsJson,
    "history --tree": LineageJson,
    "history --graph": GraphJson,
    "diff": ComparisonJson,
    "runs": RunsJson,
    "studies": StudiesJson,
    "studies STUDY": StudyJson,
    "logs": LogsJson,
    "report": ReportJson,
    "profile": DataProfileJson,
    "verify": VerifyJson,
    "du": DiskUseJson,
    "doctor": DiagnosisJson,
    "doctor --attack": SiegeJson,
    "run": RunJson,
    "rerun": RerunJson,
    "rerun --all": RepeatedJson,
    "rerun --since": RepeatedJson,
    "tune": StudyJson,
    "predict": PredictionJson,
    "checkpoint get": WeightsJson,
    "rollback": TreeChangeJson,
    "restore": TreeChangeJson,
    "undo": TreeChangeJson,
    "pin": PinnedJson,
    "unpin": UnpinnedJson,
    "prune": PruneJson,
    "reclaim": ReclaimJson,
    "push": PushJson,
    "pull": PullJson,
    "data add": DataAddedJson,
    "data list": DataSetsJson,
    "data remove": DataRemovedJson,
}
PAGES: dict[str, Any] = {
    "/functions.json": FunctionsPageJson,
    "/function.json": FunctionPageJson,
    "/version.json": VersionPageJson,
    "/run.json": RunJson,
    "/compare.json": ComparisonJson,
    "/studies.json": StudiesJson,
    "/study.json": StudyJson,
    "/retention.json": PruneJson,
}
ERROR = ErrorJson  # what a page gives that is not there
