from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainstore.records.origin import Origin, data_kind, origin_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("profile", "kind"),
    [
        ({"data_type": "numpy_array", "shape": [90, 4], "label_count": 3}, "numpy_array (4) 3 classes"),
        ({"data_type": "numpy_array", "shape": [None, 4], "label_count": None}, "numpy_array (4) values"),
        ({"data_type": "sequence_list", "shape": [9, None, 2], "label_count": 2}, "sequence_list (* x 2) 2 classes"),
        ({"data_type": "torch_tensor", "shape": [9, 1, 8, 8]}, "torch_tensor (1 x 8 x 8) values"),
        ({"data_type": "numpy_array", "shape": [90]}, None),
        ({"data_type": "numpy_array", "shape": "90 x 4"}, None),
        ({"data_type": "numpy_array", "shape": [90, "4"]}, None),
        ({"data_type": "numpy_array", "shape": [9, 4], "label_count": "3"}, None),
        ({"data_type": "a\nb", "shape": [9, 4]}, None),
        ({"shape": [9, 4]}, None),
    ],
)  # fmt: skip
def test_the_kind_of_data_leaves_out_how_many_there_are(profile: dict[str, Any], kind: str | None) -> None:
    assert data_kind(profile) == kind


def test_a_generated_record_tells_its_origin() -> None:
    content = {
        "generation": {"request_digest": "sha256:1", "parent": {"path": "a/b.json"}},
        "data_profile": None,
    }
    assert origin_of(content) == Origin("sha256:1", None, "a/b.json")
    assert origin_of({}) == Origin(None, None, None)


@given(st.dictionaries(st.sampled_from(["generation", "data_profile"]), JSON))
def test_any_record_has_an_origin_of_plain_lines_or_none(content: dict[str, Any]) -> None:
    for value in origin_of(content):
        assert value is None or (value and value.isprintable())


@given(st.fixed_dictionaries({"data_type": JSON, "shape": JSON, "label_count": JSON}))
def test_any_profile_has_a_kind_or_none(profile: dict[str, Any]) -> None:
    kind = data_kind(profile)
    assert kind is None or kind.isprintable()
