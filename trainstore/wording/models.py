"""A trained model in words."""

from trainstore.records.model_facts import ModelFacts, Shape
from trainstore.wording.values import byte_size


def model_told(model: ModelFacts) -> str:
    """Return a model's size in one line."""
    count = "1 parameter" if model.parameters == 1 else f"{model.parameters:,} parameters"
    trainable = "" if model.trainable == model.parameters else f", {model.trainable:,} of them trainable"
    return f"{count}{trainable}, {byte_size(model.inference_bytes)} for inference"


def shape_told(shape: Shape | None) -> str:
    """Return a tensor's shape, such as ``2 × 64``; empty where it is not known."""
    return "" if shape is None else " × ".join(map(str, shape)) or "one number"
