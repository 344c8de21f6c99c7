import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainstore.disk_format.layout import (
    FileNameFields,
    folder_of_run,
    function_folder,
    is_record_path,
    is_run_path,
    parse_file_name,
    record_file_name,
    run_folder,
    runs_folder,
)

DATA_TYPES = st.sampled_from(["numpy_array", "torch_tensor", "sequence_list", "tabular"])
DIGEST = "sha256:0123456789abcdef"


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        (("numpy_array", "BiLSTM_Attention", 1704067200), "numpy_array_BiLSTM_Attention_1704067200.json"),
        (
            ("sequence_list", "TransformerEncoder", 1704070800),
            "sequence_list_TransformerEncoder_1704070800.json",
        ),
        (("numpy_array", "a b/c", 5), "numpy_array_a_b_c_5.json"),
        (("numpy_array", "Net", 5, DIGEST), "numpy_array_Net_5-01234567.json"),
    ],
)
def test_a_record_is_named_by_the_rule(fields: tuple[str, str, int], name: str) -> None:
    assert record_file_name(*fields) == f"training_function_{name}"


@given(
    DATA_TYPES,
    st.from_regex(r"[A-Za-z][A-Za-z0-9_.+-]{0,39}[A-Za-z0-9]", fullmatch=True),
    st.integers(0, 10**11),
)
def test_what_a_file_name_says_is_read_back(data_type: str, model_name: str, timestamp: int) -> None:
    fields = FileNameFields(data_type, model_name, timestamp)
    assert parse_file_name(record_file_name(data_type, model_name, timestamp)) == fields
    assert parse_file_name(record_file_name(data_type, model_name, timestamp, DIGEST)) == fields


@given(st.text(), st.text(), st.integers(0, 253_402_300_799))
def test_a_file_name_fits_any_file_system(data_type: str, model_name: str, timestamp: int) -> None:
    name = record_file_name(data_type, model_name, timestamp, DIGEST)
    assert len(name.encode()) <= 240
    assert "/" not in name


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("training_function_numpy_array_BiLSTM_1234.json", ("numpy_array", "BiLSTM", 1234)),
        ("training_function_torch_tensor_a_b_7-deadbeef.json", ("torch_tensor", "a_b", 7)),
        ("training_function_image_ResNet_1.json", ("image", "ResNet", 1)),
        ("training_function_numpy_array_net_2_1.json", ("numpy_array", "net_2", 1)),
        ("training_function_numpy_array_1234.json", ("numpy", "array", 1234)),
    ],
)
def test_file_names_from_the_wild_are_read(name: str, fields: tuple[str, str, int]) -> None:
    assert parse_file_name(name) == FileNameFields(*fields)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "net.json",
        "training_function_numpy_array_Net.json",
        "training_function_numpy_array_Net_1234.txt",
        "training_function_numpy_array_Net_1234.json.bak",
        "training_function_numpy_array_Net_1234.json\n",
        "training_function_numpy_array_Net_1234567890123.json",
        "training_function_numpy_array_Net_١٢٣.json",
        "training_function_numpy_array_Net_1234-DEADBEEF.json",
        "xtraining_function_numpy_array_Net_1234.json",
    ],
)
def test_other_file_names_say_nothing(name: str) -> None:
    assert parse_file_name(name) is None


def test_a_run_stands_beside_its_function() -> None:
    folder = function_folder("numpy_array", "Net-12345678")
    assert folder == "generated_training_functions/numpy_array/Net-12345678"
    assert runs_folder(folder) == "training_runs/numpy_array/Net-12345678"
    assert run_folder(folder, "20240101T000000Z-3fa9c1") == f"{runs_folder(folder)}/20240101T000000Z-3fa9c1"
    assert is_run_path(f"{run_folder(folder, '20240101T000000Z-3fa9c1')}/run.json")
    assert is_record_path(f"{folder}/training_function_numpy_array_Net_1.json")


@pytest.mark.parametrize("inner", ["run.json", "checkpoint.dvc", "checkpoint/weights.safetensors", "a\nb"])
def test_every_file_of_a_run_leads_to_its_folder(inner: str) -> None:
    assert folder_of_run(f"training_runs/a/b/c/{inner}") == "training_runs/a/b/c"


@pytest.mark.parametrize(
    "path",
    [
        "training_runs/a/b/c",
        "training_runs/a/b/c/",
        "training_runs/a/b/../run.json",
        "training_runs//b/c/run.json",
        "x/training_runs/a/b/c/run.json",
        "generated_training_functions/a/b/c/d.json",
    ],
)
def test_what_lies_in_no_run_has_no_such_folder(path: str) -> None:
    assert folder_of_run(path) is None


@pytest.mark.parametrize(
    "path",
    [
        "generated_training_functions/README.md",
        "generated_training_functions/flat.json",
        "generated_training_functions/a/b/c/d.json",
        "generated_training_functions/a/b/d.txt",
        "generated_training_functions/a/b/\udcff.json",
        "generated_training_functions/../b/d.json",
        "generated_training_functions/a/../d.json",
        "generated_training_functions/./a/b/d.json",
        "generated_training_functions//a/b/d.json",
        "generated_training_functions/a/b/../../.git/d.json",
        "/generated_training_functions/a/b/d.json",
        "elsewhere/a/b/d.json",
        "training_runs/../../x/run.json",
        "training_runs/a/b/../run.json",
        "training_runs/a/b//run.json",
        "training_runs/a/b/c/checkpoint.dvc",
        "",
    ],
)
def test_a_path_that_is_not_one_of_the_layout_is_refused(path: str) -> None:
    assert not is_record_path(path)
    assert not is_run_path(path)
