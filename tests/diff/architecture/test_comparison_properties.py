"""What holds for the difference of any two models."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from trainstore.diff.architecture.compare import ArchitectureDiff, compare_architectures
from trainstore.diff.architecture.from_code import read_architecture
from trainstore.diff.architecture.layer import Architecture, Layer
from trainstore.diff.architecture.summary import summarise
from trainstore.generation.starters_catalogue import all_starters

KINDS = st.sampled_from(["Linear", "Conv2d", "LayerNorm", "ReLU", "Dropout", "GRU", "Block"])
SIZES = st.sampled_from([8, 16, 32])


def layer(kind: str, size: int, children: tuple[Layer, ...] = ()) -> Layer:
    names = {
        "Linear": "out_features",
        "Conv2d": "out_channels",
        "LayerNorm": "normalized_shape",
        "GRU": "hidden_size",
    }
    given = {names[kind]: size} if kind in names else {"p": size / 100} if kind == "Dropout" else {}
    return Layer("", kind, given, children, parameters=size if kind in names else 0, own=kind == "Block")


LEAVES = st.builds(layer, KINDS.filter(lambda kind: kind != "Block"), SIZES)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda children: layer("Block", 8, tuple(children)), st.lists(inner, min_size=1, max_size=5)
    ),
    max_leaves=14,
)
MODELS = st.lists(TREES, min_size=1, max_size=8).map(
    lambda children: named(layer("Block", 8, tuple(children)))
)


def named(layer: Layer, path: str = "") -> Layer:
    """The layer with the paths that it and those in it have."""
    children = tuple(
        named(child, f"{path}.{place}" if path else str(place)) for place, child in enumerate(layer.children)
    )
    return replace(layer, path=path, children=children)


def difference(old: Layer, new: Layer) -> ArchitectureDiff:
    return compare_architectures(Architecture(old), Architecture(new))


@given(MODELS)
@settings(max_examples=60, deadline=None)
def test_a_model_is_unchanged_from_itself(model: Layer) -> None:
    diff = difference(model, model)
    assert diff.unchanged
    assert not summarise(diff)
    assert [row.change for row in diff.rows] == ["same"] * len(list(model.walk()))


@given(MODELS, MODELS)
@settings(max_examples=150, deadline=None)
def test_the_other_way_round_is_the_same_the_other_way_round(old: Layer, new: Layer) -> None:
    there, back = difference(old, new), difference(new, old)
    assert there.nothing_in_common == back.nothing_in_common
    assert there.added == back.removed
    assert there.removed == back.added
    assert sorted((change.old.path, change.new.path, change.moved) for change in there.changed) == sorted(
        (change.new.path, change.old.path, change.moved) for change in back.changed
    )


@given(MODELS, MODELS)
@settings(max_examples=100, deadline=None)
def test_every_layer_stands_in_one_row_of_its_side(old: Layer, new: Layer) -> None:
    rows = difference(old, new).rows
    assert [row.old.path for row in rows if row.old] == [one.path for one in old.walk()]
    assert [row.new.path for row in rows if row.new] == [one.path for one in new.walk()]


@given(MODELS, LEAVES, st.data())
@settings(max_examples=100, deadline=None)
def test_a_layer_that_is_put_in_is_the_one_that_is_added(
    model: Layer, more: Layer, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(model.children)))
    children = (*model.children[:place], more, *model.children[place:])
    diff = difference(model, named(replace(model, children=children)))
    if diff.nothing_in_common:  # where there was next to nothing before
        return
    assert len(diff.added) == 1
    leaves = [one for one in diff.added[0].walk() if not one.children]
    assert [(one.kind, one.settings) for one in leaves] == [(more.kind, more.settings)]
    assert not diff.removed
    assert not diff.changed


def renamed(code: str) -> str:
    """The code with other names for all that it defines, but those that a caller sees."""
    tree = ast.parse(code)
    kept = {"train_model", "self", "super", "forward", "__init__"}
    kept |= {
        one.arg
        for node in tree.body
        if getattr(node, "name", "") == "train_model"
        for one in _parameters(node)
    }
    defined: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.arg):
            defined.add(node.arg)
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            defined.add(node.id if isinstance(node, ast.Name) else node.attr)
    defined = {name for name in defined - kept if not name.startswith("__")}
    calls = [
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    own = {id(given) for call in calls if call.func.id in defined for given in call.keywords}

    class Rename(ast.NodeTransformer):
        def generic_visit(self, node: ast.AST) -> ast.AST:
            for field in ("id", "attr", "arg", "name"):
                value = getattr(node, field, None)
                if isinstance(value, str) and value in defined and not self.is_of_a_library(node):
                    setattr(node, field, f"x_{value[::-1]}")
            return super().generic_visit(node)

        def is_of_a_library(self, node: ast.AST) -> bool:
            owner = getattr(node, "value", None)
            if isinstance(node, ast.keyword):
                return id(node) not in own
            return isinstance(node, ast.Attribute) and not (
                isinstance(owner, ast.Name) and owner.id == "self"
            )

    return ast.unparse(Rename().visit(tree))


def _parameters(node: ast.AST) -> list[ast.arg]:
    assert isinstance(node, ast.FunctionDef)
    return [*node.args.args, *node.args.kwonlyargs, *([node.args.kwarg] if node.args.kwarg else [])]


@pytest.mark.parametrize("starter", all_starters(), ids=lambda starter: starter.model_name)
def test_a_rename_of_everything_leaves_a_starter_unchanged(starter: object) -> None:
    code = starter.training_code  # type: ignore[attr-defined]
    profile = {"shape": [100, 8, 6], "label_count": 4}
    old, new = (read_architecture(text, {}, profile) for text in (code, renamed(code)))
    assert renamed(code) != code
    assert old.parameters == new.parameters is not None
    diff = compare_architectures(old, new)
    assert diff.unchanged, (diff.added, diff.removed, diff.changed, diff.surroundings)
