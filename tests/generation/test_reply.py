import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainstore.generation.reply import UnusableReply, find_object, read_reply

GOOD: dict[str, Any] = {
    "model_name": "Net",
    "summary": "Small.",
    "training_code": "def train_model():\n    x = {'a': 1}\n",
    "search_space": [
        {"name": "lr", "type": "Real", "default": 0.1, "low": 0, "high": 1, "prior": "uniform", "categories": None},
        {"name": "n", "type": "Integer", "default": 4.0, "low": 1.0, "high": 8.0, "prior": None, "categories": None},
        {"name": "act", "type": "Categorical", "default": "relu", "low": None, "high": None, "prior": "uniform",
         "categories": ["relu", "gelu"]},
    ],
    "confidence": 1,
}  # fmt: skip
TEXT = json.dumps(GOOD)


def test_a_search_space_becomes_that_of_the_record() -> None:
    candidate = read_reply(TEXT)
    assert candidate.bo_config == {
        "lr": {"type": "Real", "default": 0.1, "low": 0, "high": 1, "prior": "uniform"},
        "n": {"type": "Integer", "default": 4, "low": 1, "high": 8},
        "act": {"type": "Categorical", "default": "relu", "categories": ["relu", "gelu"]},
    }
    assert type(candidate.bo_config["n"]["default"]) is int
    assert (candidate.confidence, candidate.bare) == (1.0, True)
    as_map = {key: value for key, value in GOOD.items() if key != "search_space"}
    assert (
        read_reply(json.dumps({**as_map, "bo_config": candidate.bo_config})).bo_config == candidate.bo_config
    )


@pytest.mark.parametrize(
    "text",
    [
        f"```json\n{TEXT}\n```",
        f"Here it is:\n\n```\n{TEXT}\n```\nEnjoy!",
        f"<think>Use {{}} or {{'a': 1}}? {{\"draft\": 1}}</think>\n{TEXT}",
        f'{{"note": "not this"}} {TEXT}',
        f"{json.dumps({**GOOD, 'model_name': 'Draft'})}\nBetter:\n{TEXT}",
        f"{TEXT}\n\nI hope that helps {{:-)",
    ],
    ids=["fence", "words", "thoughts", "two objects", "two functions", "words behind"],
)
def test_the_object_is_found_among_other_text(text: str) -> None:
    candidate = read_reply(text)
    assert candidate.model_name == "Net" and candidate.training_code == GOOD["training_code"]
    assert not candidate.bare


def test_a_fence_around_the_code_is_taken_off() -> None:
    code = f"```python\n{GOOD['training_code']}```"
    assert read_reply(json.dumps({**GOOD, "training_code": code})).training_code == GOOD["training_code"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"model_name": ""}, "model_name"),
        ({"model_name": "a\nb"}, "one line"),
        ({"model_name": "x" * 101}, "one line"),
        ({"model_name": None}, "model_name"),
        ({"training_code": "  "}, "training_code"),
        ({"confidence": 1.1}, "confidence"),
        ({"confidence": True}, "confidence"),
        ({"confidence": "high"}, "confidence"),
        ({"search_space": None}, "search_space must be"),
        ({"search_space": [{"type": "Real"}]}, "search_space must be"),
        ({"search_space": GOOD["search_space"][:1] * 2}, "same name"),
    ],
)
def test_what_is_missing_is_named(change: dict[str, Any], why: str) -> None:
    with pytest.raises(UnusableReply, match=why):
        read_reply(json.dumps({**GOOD, **change}))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "holds no JSON object"),
        ("I cannot.", "holds no JSON object"),
        ("[1]", "holds no JSON object"),
        (TEXT[:-5], "cut short"),
        ('{"training_code": NaN}', "not valid JSON"),
        ("{" * 100_000, "holds no JSON object"),
        ('{"a":' * 100_000, "holds no JSON object"),
        ("[" * 100_000, "holds no JSON object"),
        (f"{TEXT}{' ' * 2**20}", "at most 1048576 are read"),
    ],
    ids=["empty", "words", "list", "cut", "NaN", "braces", "deep", "deep list", "long"],
)
def test_a_text_without_a_usable_object_is_refused(text: str, why: str) -> None:
    with pytest.raises(UnusableReply, match=why):
        find_object(text)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read_reply(text)
    except UnusableReply as error:
        assert str(error)


@given(st.text(alphabet=st.characters(exclude_characters="{}`")), st.text(alphabet="{} ab`\n"))
def test_the_object_survives_any_words_around_it(before: str, after: str) -> None:
    assert read_reply(f"{before}{TEXT}{after}").training_code == GOOD["training_code"]
