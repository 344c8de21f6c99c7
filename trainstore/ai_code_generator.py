"""The seed's way to generate and save training functions from Python.

    from trainstore.ai_code_generator import ai_code_generator

Without a model service the built-in starters answer, and say so in their metadata.
"""

import json
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
        allow_weak_sandbox: try functions, too, on a machine that cannot keep them from your files and your network.
    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        model: str | None = None,
        folder: str | Path | None = None,
        *,
        allow_weak_sandbox: bool = False,
    ) -> None:
        self._api_key = api_key
        self._base_url = base_url
        self._model = model
        self._folder = folder
        self._allow_weak_sandbox = allow_weak_sandbox

    def generate_training_function(
        self,
        data_profile: object,
        input_shape: Sequence[int] | None = None,
        num_classes: int | None = None,
    ) -> dict[str, Any]:
        """Return a record for the data, not saved yet.

        With a service set up a language model writes it; it is checked, and tried on random values of the data's
        form. What the store around the folder has for the same request is given back instead of asking again.

        Args:
            data_profile: from ``trainstore profile``, or with some of its fields; a mapping, or an object that has them.
            input_shape: of one sample, without the number of samples; where the profile has no ``shape``.
            num_classes: where the profile has no ``label_count``; 0 means values to predict.

        Raises:
            InvalidData: no starter fits such data, or its shape is not known.
            ModelServiceFailed: the model gave no answer.
            GenerationFailed: no function that it wrote passed the checks and the trial.
            SandboxTooWeak: this machine cannot keep a function in bounds, and that was not allowed.
        """
        from trainstore.generation.service import find_service

        profile = _completed(_plain_profile(data_profile), input_shape, num_classes)
        service = find_service(self._model, self._api_key, self._base_url)
        if service is None:
            from trainstore.generation.starters_catalogue import fitting_starters, starter_record

            return starter_record(fitting_starters(profile)[0], profile, int(time.time()))
        from trainstore.workflows.generating.for_profile import generate_for_profile

        return generate_for_profile(
            service, profile, Path(self._folder or "."), allow_weak_sandbox=self._allow_weak_sandbox
        )

    def save_training_function(self, code_rec: Mapping[str, Any], data_profile: object = None) -> str:
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
            record["data_profile"] = _plain_profile(data_profile)
        store = Store.open(self._folder or ".")
        result = store.save(record)
        if not (done := [*result.saved, *result.unchanged]):
            raise StoreConflict("The function was saved, and then removed by someone else.", "Save it again.")
        file = store.root / done[0].path
        print(f"💾 SAVED TRAINING FUNCTION: {file.name}")
        return os.path.relpath(file)


def _plain_profile(given: object) -> dict[str, Any]:
    """Return a profile as JSON has it, from a mapping or an object; arrays and shapes become lists."""
    fields = given if isinstance(given, Mapping) else vars(given)
    plain: dict[str, Any] = json.loads(json.dumps(dict(fields), default=_plain_value))
    return plain


def _plain_value(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _completed(
    profile: dict[str, Any], input_shape: Sequence[int] | None, num_classes: int | None
) -> dict[str, Any]:
    """Fill in what choosing a starter needs from the sample's shape and the number of classes."""
    known = {key: value for key, value in profile.items() if value is not None}
    ragged = known.get("data_type") == "sequence_list"
    shape = list(input_shape or known.get("shape", [])[1:])
    known.setdefault("data_type", "numpy_array")
    known.setdefault("is_image", len(shape) == 3)
    known.setdefault("is_sequence", ragged or len(shape) == 2)
    known.setdefault("is_tabular", not ragged and len(shape) == 1)
    classes = known.setdefault("label_count", num_classes or None)
    if shape:
        known.setdefault("shape", [None, *shape])
    metadata = {"task": "classification" if classes else "regression", **known.get("metadata", {})}
    return {**profile, **known, "metadata": metadata}


ai_code_generator = AICodeGenerator()
