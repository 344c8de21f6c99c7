import json
import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainstore.errors import InvalidRecord
from trainstore.records.training_record import check_record, decode_record, encode_record

NAMED = "training_function_torch_tensor_Net_77.json"
CODE = "def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):\n    return None, {}\n"
FIELDS: dict[str, Any] = {"model_name": "Net", "training_code": CODE}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"deeper": value}
    return value


def to_bytes(**fields: Any) -> bytes:
    return json.dumps({**FIELDS, **fields}).encode()


def test_a_complete_record_is_read() -> None:
    file = to_bytes(
        bo_config={"lr": {"default": 0.01, "type": "Real", "low": 0.001, "high": 0.1}},
        confidence=0.92,
        data_profile={"data_type": "numpy_array", "shape": [10, None]},
        timestamp=1704067200,
        metadata={"api_model": "gpt-5"},
    )
    record = decode_record(file, "any.json", 0)
    assert (record.function, record.timestamp, record.confidence) == ("numpy_array/Net", 1704067200, 0.92)
    assert record.code == CODE
    assert list(record.space) == ["lr"]
    assert record.signature.takes_any
    assert record.metadata_text("api_model") == "gpt-5"
    assert record.metadata_text("version") == ""
    check_record(record)


@pytest.mark.parametrize(
    ("file", "read"),
    [
        (b"\xef\xbb\xbf" + to_bytes(timestamp=5), ("torch_tensor", 5, None)),
        (to_bytes(timestamp=1704067200.0), ("torch_tensor", 1704067200, None)),
        (to_bytes(timestamp=5.9), ("torch_tensor", 5, None)),
        (to_bytes(timestamp=0), ("torch_tensor", 0, None)),
        (to_bytes(timestamp=None), ("torch_tensor", 77, None)),
        (to_bytes(), ("torch_tensor", 77, None)),
        (to_bytes(data_profile=None), ("torch_tensor", 77, None)),
        (to_bytes(data_profile={}), ("torch_tensor", 77, None)),
        (to_bytes(data_profile={"data_type": "image"}), ("image", 77, None)),
        (to_bytes(confidence=1), ("torch_tensor", 77, 1.0)),
        (to_bytes(confidence=None, metadata=None), ("torch_tensor", 77, None)),
        (to_bytes(metadata={"api_model": 5}), ("torch_tensor", 77, None)),
        (to_bytes(confidence="0.9"), ("torch_tensor", 77, 0.9)),
        (to_bytes(confidence=" 1 "), ("torch_tensor", 77, 1.0)),
        (to_bytes(confidence="9e-1"), ("torch_tensor", 77, 0.9)),
        (to_bytes(confidence=".5"), ("torch_tensor", 77, 0.5)),
    ],
    ids=range(16),
)
def test_what_files_from_the_wild_lack_comes_from_their_name(
    file: bytes, read: tuple[str, int, float | None]
) -> None:
    record = decode_record(file, NAMED, 99)
    assert (record.data_type, record.timestamp, record.confidence) == read
    assert isinstance(record.timestamp, int)


def test_what_the_name_lacks_too_comes_from_the_time_of_the_file() -> None:
    record = decode_record(to_bytes(), "net.json", 99)
    assert (record.function, record.timestamp) == ("unknown/Net", 99)


def test_unknown_keys_and_the_very_text_survive() -> None:
    content = {**FIELDS, "model_name": "모델", "mine": {"deep": [1, 2.5, None]}, "timestamp": 1}
    record = decode_record(encode_record(content), NAMED, 0)
    assert record.content == content
    assert encode_record(record.content) == json.dumps(content, indent=2, ensure_ascii=False).encode()


@given(st.dictionaries(st.text(), JSON, max_size=3))
def test_what_is_written_is_read_back(extra: dict[str, Any]) -> None:
    content = {**extra, **FIELDS, "bo_config": {}, "timestamp": 1, "confidence": 0.5}
    content |= {"data_profile": {"data_type": "numpy_array"}, "metadata": {}}
    assert decode_record(encode_record(content), "any.json", 0).content == content


def test_a_lone_surrogate_is_written_as_its_escape() -> None:
    file = encode_record({**FIELDS, "model_name": "\ud800é"})
    assert b"\\ud800" in file
    assert decode_record(file, NAMED, 0).model_name == "\ud800é"


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (to_bytes()[:-10], "not JSON"),
        (b"\xff\xfe{\0}\0", "not JSON"),
        (b"\x80abc", "not JSON"),
        (b"[" * 60_000, "nested too deeply"),
        (b'{"a":' * 60_000, "nested too deeply"),
        (to_bytes(metadata=nested(200)), "nested too deeply"),
        (b'{"model_name": "N", "training_code": "", "timestamp": ' + b"9" * 50_000 + b"}", "not JSON"),
        (b'{"model_name": "N", "training_code": "", "timestamp": ' + b"9" * 4_000 + b"}", "timestamp"),
        (b'{"model_name": "N", "training_code": "", "confidence": NaN}', "NaN"),
        (b'{"model_name": "N", "training_code": "", "extra": [Infinity]}', "Infinity"),
        (b'{"model_name": "N", "training_code": "", "extra": -1e999}', "-1e999"),
        (b"[]", "list"),
        (b"3", "int"),
        (b'"text"', "str"),
        (b"null", "NoneType"),
        (b"{}", "model_name"),
        (b'{"model_name": "N"}', "training_code"),
        (to_bytes(model_name=5), "The record's model_name is a number, not a text."),
        (to_bytes(model_name=""), "empty"),
        (to_bytes(model_name=" \n"), "empty"),
        (to_bytes(training_code=["lines"]), "training_code is a list, not a text"),
        (to_bytes(bo_config=[]), "bo_config is a list, not an object"),
        (to_bytes(bo_config=None), "bo_config is null, not an object"),
        (to_bytes(confidence="high"), "confidence is 'high'"),
        (to_bytes(confidence="nan"), "confidence is 'nan'"),
        (to_bytes(confidence=""), "confidence is ''"),
        (to_bytes(confidence="0,9"), "confidence is '0,9'"),
        (to_bytes(confidence="92%"), "confidence is '92%'"),
        (to_bytes(confidence="1.5"), "confidence is '1.5'"),
        (to_bytes(confidence="9" * 10_000), "confidence is '9999"),
        (to_bytes(confidence=[0.9]), "confidence is a list, not a number or null"),
        (to_bytes(confidence=True), "confidence is true or false, not a number or null"),
        (to_bytes(confidence=1.01), "1.01"),
        (to_bytes(confidence=-0.1), "-0.1"),
        (to_bytes(data_profile=[]), "data_profile is a list, not an object or null"),
        (to_bytes(data_profile={"data_type": 5}), "data_type"),
        (to_bytes(timestamp="now"), "timestamp is a text, not a number or null"),
        (to_bytes(timestamp=True), "timestamp is true or false, not a number or null"),
        (to_bytes(timestamp=-1), "-1"),
        (to_bytes(timestamp=1704067200000), "1704067200000"),
        (to_bytes(metadata="gpt-5"), "metadata is a text, not an object or null"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_what_is_no_record_is_refused_with_what_is_wrong(file: bytes, reason: str) -> None:
    with pytest.raises(InvalidRecord) as raised:
        decode_record(file, NAMED, 0)
    assert reason in raised.value.message
    assert len(raised.value.message) < 1000
    assert raised.value.message.endswith(".")


def test_a_file_of_more_than_32_mib_is_refused() -> None:
    with pytest.raises(InvalidRecord, match="bytes"):
        decode_record(b" " * (32 * 1024 * 1024 + 1), NAMED, 0)


@given(st.binary(max_size=200) | st.text(max_size=50).map(str.encode) | JSON.map(json.dumps).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(InvalidRecord):
        decode_record(data, NAMED, 0)


@given(st.fixed_dictionaries({name: st.just(value) for name, value in FIELDS.items()}, optional={
    "bo_config": JSON, "confidence": JSON, "data_profile": JSON, "timestamp": JSON, "metadata": JSON,
}))  # fmt: skip
def test_any_fields_are_read_or_refused(content: dict[str, Any]) -> None:
    with suppress(InvalidRecord):
        check_record(decode_record(json.dumps(content).encode(), NAMED, 0))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"training_code": "def train_model("}, "syntax error at line 1"),
        ({"training_code": "x = 1"}, "train_model"),
        ({"bo_config": {"lr": {"type": "Real"}}}, "'lr'"),
    ],
)
def test_the_check_parses_code_and_space_and_reading_does_not(change: dict[str, Any], reason: str) -> None:
    record = decode_record(to_bytes(**change), NAMED, 0)
    with pytest.raises(InvalidRecord, match=reason):
        check_record(record)


def test_the_digests_tell_of_code_and_space_alone(make_record: Callable[..., Any]) -> None:
    one = make_record("Net", confidence=0.1, timestamp=1).record
    other = make_record("Other", confidence=0.9, timestamp=2).record
    changed = make_record("Net", code=CODE, timestamp=1).record
    assert (one.code_digest, one.space_digest) == (other.code_digest, other.space_digest)
    assert one.code_digest != changed.code_digest


NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,4})?", fullmatch=True)
TEXTS = st.one_of(
    st.text().map(lambda text: json.dumps(text, ensure_ascii=False)),
    st.text(st.characters(codec="utf-16", categories=["Cs", "L", "So"])).map(json.dumps),
    st.text(alphabet='\\u0dD8f"/bn\x01\x7f').map(lambda text: f'"{text}"'),
)
VALUES = st.recursive(
    st.one_of(
        NUMBERS, TEXTS, st.sampled_from(["true", "null", "NaN", "-Infinity", "1e999", "01", "", "\ufeff1"])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda values: f"[{' , '.join(values)}]"),
        st.lists(st.tuples(TEXTS, inner), max_size=4).map(
            lambda pairs: "{" + ",".join(f"{key}:{value}" for key, value in pairs) + "}"
        ),
    ),
    max_leaves=8,
)


def finite(text: str) -> float:
    """Refuse what is no finite number, also where a later value of the same key takes its place."""
    if math.isfinite(value := float(text)):
        return value
    raise ValueError(text)


@given(VALUES, st.sampled_from([b"", b"\xef\xbb\xbf", b" \n"]))
def test_whatever_json_holds_is_read_as_python_reads_it(value: str, before: bytes) -> None:
    file = before + f'{{"model_name": "Net", "training_code": "", "more": {value}}}'.encode(
        "utf-8", "surrogatepass"
    )
    try:
        expected = json.loads(file.decode("utf-8-sig"), parse_float=finite, parse_constant=finite)
    except ValueError:
        with pytest.raises(InvalidRecord):
            decode_record(file, "net.json", 0)
    else:
        assert repr(decode_record(file, "net.json", 0).content) == repr(expected)
