"""The text of the starters: signature and search space agree, and what they share is the same in each."""

import ast
import inspect

import pytest

from trainstore.generation.starters_catalogue import Starter, all_starters
from trainstore.records.search_space import decode_space
from trainstore.records.training_code import POSITIONAL

OWN = {"MLP", "SimpleCNN", "BiLSTMAttention", "TransformerEncoder", "conv_block", "positions"}
BY_KIND_OF_DATA = {"select", "train_model"}

each_starter = pytest.mark.parametrize("starter", all_starters(), ids=lambda starter: starter.model_name)


def definitions(starter: Starter) -> dict[str, ast.FunctionDef | ast.ClassDef]:
    tree = ast.parse(starter.training_code)
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


@each_starter
def test_the_function_takes_the_data_and_then_the_search_space_with_equal_defaults(starter: Starter) -> None:
    function = definitions(starter)["train_model"]
    assert isinstance(function, ast.FunctionDef)
    assert tuple(argument.arg for argument in function.args.args) == POSITIONAL
    names = [argument.arg for argument in function.args.kwonlyargs]
    defaults = [ast.literal_eval(default) for default in function.args.kw_defaults if default]
    space = decode_space(starter.bo_config)  # refuses a default outside its range
    assert dict(zip(names, defaults, strict=True)) == {name: entry.default for name, entry in space.items()}


@each_starter
def test_every_hyperparameter_is_used(starter: Starter) -> None:
    body = definitions(starter)["train_model"]
    used = {node.id for node in ast.walk(body) if isinstance(node, ast.Name)}
    assert set(starter.bo_config) <= used


@each_starter
def test_quantisation_can_be_searched(starter: Starter) -> None:
    assert starter.bo_config["quantization_bits"] == {
        "default": 32,
        "type": "Categorical",
        "categories": [8, 16, 32],
    }


def test_what_the_starters_share_is_the_same_in_each() -> None:
    """A starter has to be complete in itself, so a correction must reach all four files."""
    texts: dict[str, set[str]] = {}
    for starter in all_starters():
        for name, node in definitions(starter).items():
            texts.setdefault(name, set()).add(inspect.cleandoc(ast.unparse(node)))
    shared = {name for name in texts if name not in OWN | BY_KIND_OF_DATA}
    assert {"fit", "predict", "Standardize", "QuantizedWeights"} <= shared
    assert {name for name in shared if len(texts[name]) > 1} == set()
