"""How a trained model's make is told to a person."""

from typing import TYPE_CHECKING

from trainstore.cli.output import note, warn
from trainstore.cli.table import print_table
from trainstore.wording.models import shape_told
from trainstore.wording.values import counted

if TYPE_CHECKING:
    from trainstore.records.model_facts import ModelFacts, ModuleFacts


def warn_of_doubts(model: "ModelFacts") -> None:
    """Say where the description of a model cannot be true."""
    for doubt in model.doubts:
        warn(f"What the worker tells of the model is in doubt: {doubt}.")


def print_modules(model: "ModelFacts") -> None:
    """Print a model's modules as a tree, with the shapes of a forward pass of a few rows."""
    rows = [_row(module) for module in model.modules]
    print_table(("MODULE", "TYPE", "PARAMETERS", "KEPT AS", "OUTPUT", "SETTINGS"), rows)
    if model.modules_left_out:
        note(f"{counted(model.modules_left_out, 'more module')} of it not listed.")


def _row(module: "ModuleFacts") -> tuple[str, ...]:
    *outer, own = module.name.split(".")
    tensors = [*module.parameters.values(), *module.buffers.values()]
    said = [f"{name} is {tensor.tied_to}" for name, tensor in module.parameters.items() if tensor.tied_to]
    if module.same_as is not None:
        said.append(f"is {module.same_as or '(model)'}")
    return (
        "· " * len(outer) + own or "(model)",
        module.type.rpartition(".")[2],
        f"{module.parameter_count:,}" if module.parameters else "",
        ", ".join(dict.fromkeys(tensor.dtype for tensor in tensors)),
        shape_told(module.output_shape),
        "; ".join(filter(None, [*said, module.settings])),
    )
