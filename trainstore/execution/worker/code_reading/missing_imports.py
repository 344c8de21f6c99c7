"""Finds names that training code uses and never binds, where it is known what they mean."""

import ast
import builtins
import symtable
import warnings
from collections.abc import Iterator

_TYPES = "Any Callable Dict Iterable Iterator List Literal Mapping NamedTuple Optional Sequence Set Tuple Type Union"
_DATA = "DataLoader Dataset IterableDataset RandomSampler Sampler Subset TensorDataset WeightedRandomSampler random_split"
_MODULES = (
    "collections contextlib copy dataclasses functools gc itertools json logging math os random sys time torch typing "
    "warnings"
)

# Each name with the module it comes from, and its name there; None for the module itself.
MEANINGS: dict[str, tuple[str, str | None]] = {
    **{name: ("typing", name) for name in _TYPES.split()},
    **{name: ("torch.utils.data", name) for name in _DATA.split()},
    **{name: (name, None) for name in _MODULES.split()},
    "np": ("numpy", None),
    "numpy": ("numpy", None),
    "nn": ("torch.nn", None),
    "F": ("torch.nn.functional", None),
    "optim": ("torch.optim", None),
    "Tensor": ("torch", "Tensor"),
    "lr_scheduler": ("torch.optim.lr_scheduler", None),
    "dataclass": ("dataclasses", "dataclass"),
    "defaultdict": ("collections", "defaultdict"),
    "Counter": ("collections", "Counter"),
    "OrderedDict": ("collections", "OrderedDict"),
    "deque": ("collections", "deque"),
    "partial": ("functools", "partial"),
    "deepcopy": ("copy", "deepcopy"),
}


def find_missing_imports(code: str, tree: ast.Module) -> list[str]:
    """Known names that the code uses and never binds, sorted; none if ``import *`` may bind them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what its author wrote, such as "\\d"
        module = symtable.symtable(code, "training code", "exec")
    if any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in ast.walk(tree)):
        return []
    tables = list(_all_tables(module))
    bound = {
        symbol.get_name()
        for table in tables
        for symbol in table.get_symbols()
        if (table is module or symbol.is_declared_global()) and (symbol.is_assigned() or symbol.is_imported())
    }
    used = {
        symbol.get_name()
        for table in tables
        for symbol in table.get_symbols()
        if symbol.is_referenced() and (table is module or symbol.is_global())
    }
    missing = used - bound - set(vars(builtins))
    return sorted(missing & MEANINGS.keys())


def _all_tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _all_tables(child)
