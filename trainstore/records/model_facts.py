"""What a trained model is made of, as it stands in run.json: its modules in order, its size."""

from typing import Annotated

import msgspec

LONGEST_NAME = 300

_Text = Annotated[str, msgspec.Meta(max_length=LONGEST_NAME)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
Shape = Annotated[list[_Count], msgspec.Meta(max_length=64)]


class TensorFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter or buffer.

    Attributes:
        shape: values along each axis.
        dtype: as torch names it, such as ``float32`` or ``qint8``.
        trainable: whether training may change it; a quantised weight no longer can.
        tied_to: path of the tensor listed before on whose memory it lies; it is counted there.
    """

    shape: Shape
    dtype: _Text
    trainable: bool
    tied_to: _Text | None


class ModuleFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One module of the tree.

    Attributes:
        name: its path, such as ``encoder.layers.0``; empty for the model itself.
        type: its class with the class's module.
        settings: what it says of itself (``extra_repr``), such as ``in_features=64, out_features=10``.
        parameters: its own, not those of the modules in it. Of a quantised module its weights and biases.
        buffers: likewise.
        parameter_count: values in ``parameters`` that are not tied to one listed before.
        input_shape: of the first tensor it got when the model was asked about a few rows, the rows included; None
            where it was not called, or by none.
        output_shape: of the first tensor it answered with.
        same_as: path of the module listed before that this is, too; the rest then stands there.
    """

    name: _Text
    type: _Text
    settings: _Text
    parameters: dict[_Text, TensorFacts]
    buffers: dict[_Text, TensorFacts]
    parameter_count: _Count
    input_shape: Shape | None
    output_shape: Shape | None
    same_as: _Text | None


class ModelFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A trained model as its checkpoint holds it.

    Attributes:
        parameters: values in all parameters, tied ones counted once, quantised weights included.
        trainable: those of them that training may change.
        buffers: values in all buffers.
        inference_bytes: of all tensors in the checkpoint, each as it is stored and once: parameters, buffers,
            tensors that are neither, quantised weights with their scales. Not the code, and no activations.
        packed_bytes: the part of them that is not in the weights file: quantised and other special tensors.
        modules: in the order of the tree, each before those in it.
        modules_left_out: how many there are beyond the most that are listed.
        tensors_left_out: likewise, and those that could not be read.
        doubts: where the description, which comes from a process that runs the model's code, disagrees with the
            weights file.
    """

    parameters: _Count
    trainable: _Count
    buffers: _Count
    inference_bytes: _Count
    packed_bytes: _Count
    modules: list[ModuleFacts]
    modules_left_out: _Count
    tensors_left_out: _Count
    doubts: list[str]
