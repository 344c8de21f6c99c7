"""Sequences of unequal length: checked one by one, then joined into one array with offsets."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainstore.errors import InvalidData
from trainstore.profiling.float_values import to_float32
from trainstore.records.datasets import Features, Sequences

_SHAPE_HINT = "give each sequence the shape (time steps, channels); one channel is [[1.0], [2.0]]"


def check_sequence(values: NDArray[Any], name: str) -> NDArray[Any]:
    """One sequence as float32 of shape (length, channels).

    Raises:
        InvalidData: empty, of another shape, or not finite numbers.
    """
    if values.size == 0:
        raise InvalidData(f"{name} is empty", "remove it, or give it at least one time step")
    sequence = to_float32(values, name)
    if sequence.ndim != 2:
        raise InvalidData(f"{name} has shape {sequence.shape} instead of (time steps, channels)", _SHAPE_HINT)
    return sequence


def join_sequences(sequences: list[NDArray[Any]], place_name: Callable[[int], str]) -> Sequences:
    """Join checked sequences, which must agree in their number of channels.

    Args:
        sequences: each float32, shape (length, channels); at least one.
        place_name: what to call the sequence at an index, in messages.

    Raises:
        InvalidData: naming two sequences whose channels differ.
    """
    channels = sequences[0].shape[1]
    for place, sequence in enumerate(sequences):
        if sequence.shape[1] != channels:
            raise InvalidData(
                f"{place_name(place)} has {sequence.shape[1]} channels and {place_name(0)} has {channels}",
                "give every sequence the same channels",
            )
    lengths = [len(sequence) for sequence in sequences]
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    return Sequences(np.concatenate(sequences), offsets)


def sequences_of(array: NDArray[Any]) -> Sequences:
    """An array of shape (N, T, C) as N sequences that happen to be equally long; no copy."""
    count, length, channels = array.shape
    return Sequences(array.reshape(-1, channels), np.arange(count + 1, dtype=np.int64) * length)


def sample_shape(X: Features) -> tuple[int | None, ...]:
    """The shape of one sample; None where samples differ in length."""
    if isinstance(X, Sequences):
        return None, X.values.shape[1]
    return X.shape[1:]
