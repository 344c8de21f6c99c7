import json
from io import BytesIO
from pathlib import Path

import pytest
from configobj import ConfigObj
from hypothesis import given
from hypothesis import strategies as st

from trainstore.disk_format.dvc_files import (
    DVC_CONFIG,
    is_file_name,
    is_folder_id,
    is_pointer_name,
    is_whole_pointer,
    named_ids,
    parse_folder_object,
    render_pointer,
    worktree_cache_config,
)
from trainstore.errors import InvalidRecord, UsageError

MD5 = "0123456789abcdef0123456789abcdef"


def read_config(text: str) -> object:
    return ConfigObj(text.splitlines(keepends=True)).dict()


def test_the_configuration_is_what_dvcs_own_writer_makes_of_it() -> None:
    written = BytesIO()
    ConfigObj({"cache": {"type": "reflink,hardlink,copy"}}).write(written)
    assert DVC_CONFIG.encode() == written.getvalue()


@pytest.mark.parametrize(
    "root", ["/plain", "/with space", "/a,b#c", "/it's", '/say "x"', "/[x] é 試", "/a=b;$c", "/100% x", "/x'"]
)
def test_a_worktrees_configuration_reads_back_as_the_main_cache(root: str) -> None:
    assert read_config(worktree_cache_config(Path(root))) == {"cache": {"dir": f"{root}/.dvc/cache"}}


@pytest.mark.parametrize("root", ["/both ' and \"", "/x%(y)s", "/line\nbreak", "/bell\a", "/\udcff"])
def test_a_path_that_dvc_cannot_be_told_is_refused(root: str) -> None:
    with pytest.raises(UsageError, match="cannot hold the path"):
        worktree_cache_config(Path(root))


@given(st.text(st.characters(exclude_characters="\0"), min_size=1))
def test_any_worktree_path_is_refused_or_reads_back(name: str) -> None:
    root = Path("/home", name)
    try:
        text = worktree_cache_config(root)
    except UsageError:
        return
    assert read_config(text) == {"cache": {"dir": str(root / ".dvc" / "cache")}}


def test_a_pointer_has_dvcs_shape() -> None:
    assert render_pointer(f"{MD5}.dir", 12, 2, "checkpoint") == (
        b"outs:\n"
        b"- md5: 0123456789abcdef0123456789abcdef.dir\n"
        b"  size: 12\n"
        b"  nfiles: 2\n"
        b"  hash: md5\n"
        b"  path: checkpoint\n"
    )


@given(st.dictionaries(st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True), st.just(MD5)))
def test_a_folder_object_reads_back(files: dict[str, str]) -> None:
    content = json.dumps([{"md5": md5, "relpath": name} for name, md5 in files.items()]).encode()
    assert parse_folder_object(content) == files


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"7",
        b"[7]",
        b'["md5"]',
        b'{"relpath": "x"}',
        b"[" * 100_000,
        b"[{}]",
        *(
            json.dumps([{"relpath": name, "md5": MD5}]).encode()
            for name in ["../x", "/x", "a/b", "", ".", "..", ".hidden", "a\0", "a\n", "-x", "é", "x" * 201, 7]
        ),
        *(
            json.dumps([{"relpath": "x", "md5": md5}]).encode()
            for md5 in ["../../../etc/passwd", MD5[:-1], MD5 + "\n", MD5.upper(), None, ["x"]]
        ),
        json.dumps([{"relpath": ["x"], "md5": MD5}]).encode(),
    ],
)
def test_a_hostile_folder_object_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidRecord):
        parse_folder_object(content)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_folder_object_or_an_invalid_record(content: bytes) -> None:
    try:
        files = parse_folder_object(content)
    except InvalidRecord:
        return
    assert all(is_file_name(name) for name in files)


@pytest.mark.parametrize(
    ("md5", "expected"),
    [(f"{MD5}.dir", True), (MD5, False), (f"{MD5}.dir\n", False), (f"../{MD5}.dir", False), ("", False)],
)
def test_only_a_full_id_names_a_folder(md5: str, expected: bool) -> None:
    assert is_folder_id(md5) is expected


def test_the_files_that_point_are_those_that_dvc_reads() -> None:
    assert all(map(is_pointer_name, ["checkpoint.dvc", "a b.dvc", "dvc.lock"]))
    assert not any(map(is_pointer_name, ["dvc.yaml", "x.dvc.bak", "x.lock", "run.json"]))


@pytest.mark.parametrize(
    ("content", "ids"),
    [
        (render_pointer(f"{MD5}.dir", 1, 1, "checkpoint"), {f"{MD5}.dir"}),
        (f"outs: [{{md5: '{MD5}', path: x}}]\r\n".encode(), {MD5}),
        (f'{{"outs": [{{"md5": "{MD5}.dir", "path": "x"}}]}}'.encode(), {f"{MD5}.dir"}),
        (f"deps:\n- md5: {MD5}\nouts:\n- path: x\n  files:\n  - md5: {'a' * 32}\n".encode(), {MD5, "a" * 32}),
    ],
)
def test_a_pointer_in_any_of_dvcs_forms_is_read(content: bytes, ids: set[str]) -> None:
    assert named_ids(content) == ids and is_whole_pointer("x.dvc", content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 40,
        b"outs:\n- path: x\n",
        f"outs:\n- md5: {MD5[:-1]}\n".encode(),
        f"outs:\n- md5: {MD5.upper()}\n".encode(),
        f"outs:\n- md5: {MD5}\n- md5:\n".encode(),
        f"outs:\n- md5: {MD5}\n- md5: {MD5}0.dir\n".encode(),
    ],
)
def test_a_pointer_of_which_any_part_is_damaged_is_not_whole(content: bytes) -> None:
    assert not is_whole_pointer("x.dvc", content)


def test_a_lock_file_of_a_pipeline_that_never_ran_is_whole_and_an_empty_one_is_not() -> None:
    assert is_whole_pointer("dvc.lock", b"schema: '2.0'\n") and not is_whole_pointer("dvc.lock", b"")
    assert not is_whole_pointer("x.dvc", b"schema: '2.0'\n")


@given(st.binary(max_size=80))
def test_any_bytes_are_read_as_a_pointer_or_not(content: bytes) -> None:
    assert named_ids(content) or not is_whole_pointer("x.dvc", content)
