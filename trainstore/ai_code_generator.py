"""The seed's way to generate and save training functions from Python.

    from trainstore.ai_code_generator import ai_code_generator

Without a model service the built-in starters answer, and say so in their metadata.
"""

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trainstore.api import Store
from trainstore.errors import StoreConflict
from trainstore.records.training_record import FILE_KEY


class AICodeGenerator:
    """Generates training functions, and saves them in the store around a folder.

    Args:
        api_key: of the model service; ``OPENAI_API_KEY`` where none is given.
        base_url: of the model service; ``OPENAI_BASE_URL``, or else OpenAI's own.
        model: the language model; ``OPENAI_MODEL``, or else gpt-5.
        folder: a folder of the store; the working folder at the time of each call where none is given.
    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        model: str | None = None,
        folder: str | Path | None = None,
    ) -> None:
        self._api_key = api_key
        self._base_url = base_url
        self._model = model
        self._folder = folder

    def generate_training_function(
        self,
        data_profile: Mapping[str, Any],
        input_shape: Sequence[int] | None = None,
        num_classes: int | None = None,
    ) -> dict[str, Any]:
        """Return a record for the data, not saved yet.

        With a service set up a language model writes it; it is checked, and tried on random values of the data's
        form. What the store around the folder has for the same request is given back instead of asking again.

        Args:
            data_profile: from ``trainstore profile``, or with some of its fields.
            input_shape: of one sample, without the number of samples; where the profile has no ``shape``.
            num_classes: where the profile has no ``label_count``; 0 means values to predict.

        Raises:
            InvalidData: no starter fits such data, or its shape is not known.
            ModelServiceFailed: the model gave no answer.
            GenerationFailed: no function that it wrote passed the checks and the trial.
        """
        from trainstore.generation.service import find_service

        profile = _completed(dict(data_profile), input_shape, num_classes)
        service = find_service(self._model, self._api_key, self._base_url)
        if service is None:
            from trainstore.generation.starters_catalogue import fitting_starters, starter_record

            return starter_record(fitting_starters(profile)[0], profile, int(time.time()))
        from trainstore.workflows.generating.for_profile import generate_for_profile

        return generate_for_profile(service, profile, Path(self._folder or "."))

    def save_training_function(
        self, code_rec: Mapping[str, Any], data_profile: Mapping[str, Any] | None = None
    ) -> str:
        """Save a record as a commit, print its file's name and return its path.

        Args:
            code_rec: the record; what it lacks of ``timestamp`` and ``metadata`` is added.
            data_profile: of the data it is for; the record's own where none is given.

        Raises:
            InvalidRecord: its code or search space is wrong.
        """
        record = {
            "model_name": code_rec.get("model_name"),
            "training_code": code_rec.get("training_code"),
            "bo_config": code_rec.get("bo_config") or {},
            "confidence": code_rec.get("confidence"),
            "data_profile": {},
            "timestamp": int(time.time()),
            "metadata": {},
            **{key: value for key, value in code_rec.items() if key != FILE_KEY},
        }
        if data_profile is not None:
            record["data_profile"] = dict(data_profile)
        store = Store.open(self._folder or ".")
        result = store.save(record)
        if not (done := [*result.saved, *result.unchanged]):
            raise StoreConflict("The function was saved, and then removed by someone else.", "Save it again.")
        file = store.root / done[0].path
        print(f"💾 SAVED TRAINING FUNCTION: {file.name}")
        return os.path.relpath(file)


def _completed(
    profile: dict[str, Any], input_shape: Sequence[int] | None, num_classes: int | None
) -> dict[str, Any]:
    """Fill in what choosing a starter needs from the sample's shape and the number of classes."""
    ragged = profile.get("data_type") == "sequence_list"
    shape = list(input_shape or (profile.get("shape") or [])[1:])
    profile.setdefault("data_type", "numpy_array")
    profile.setdefault("is_image", len(shape) == 3)
    profile.setdefault("is_sequence", ragged or len(shape) == 2)
    profile.setdefault("is_tabular", not ragged and len(shape) == 1)
    if num_classes is not None:
        profile.setdefault("label_count", num_classes or None)
    classes = profile.get("label_count")
    metadata = {"task": "classification" if classes else "regression", **(profile.get("metadata") or {})}
    if shape:
        profile.setdefault("shape", [None, *shape])
    return {**profile, "metadata": metadata}


ai_code_generator = AICodeGenerator()
