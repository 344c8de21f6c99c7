"""Array files made to do harm: none runs code, exhausts memory, or ends in anything but one sentence."""

import io
import pickle
import tracemalloc
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib import format as npy_format

from trainstore import machine
from trainstore.errors import InvalidData
from trainstore.profiling.load_dataset import load_dataset

X = np.arange(12.0).reshape(6, 2)
Y = np.array([0, 1, 0, 1, 0, 1])
PICKLED = "holds pickled Python objects, which can run code when loaded"


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return exec, (f"open({str(self.marker)!r}, 'w').close()",)


def npy_bytes(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def header(descr: str, shape: tuple[int, ...]) -> bytes:
    stream = io.BytesIO()
    npy_format.write_array_header_1_0(stream, {"descr": descr, "fortran_order": False, "shape": shape})
    return stream.getvalue()


@pytest.mark.parametrize("bare", [True, False], ids=["bare pickle", "object array"])
@pytest.mark.parametrize("place", ["X.npy", "y.npy", "member"])
def test_a_pickle_is_refused_and_never_runs(place: str, bare: bool, tmp_path: Path) -> None:
    marker = tmp_path / "it-ran"
    bomb = pickle.dumps(Bomb(marker)) if bare else npy_bytes(np.array([Bomb(marker)] * 6, dtype=object))
    np.save(tmp_path / "X.npy", X)
    np.save(tmp_path / "y.npy", Y)
    if place == "member":
        with ZipFile(tmp_path / "data.npz", "w") as archive:
            archive.writestr("X.npy", npy_bytes(X))
            archive.writestr("y.npy", bomb)
    else:
        (tmp_path / place).write_bytes(bomb)
    with pytest.raises(InvalidData, match=PICKLED) as refusal:
        load_dataset(str(tmp_path / ("data.npz" if place == "member" else "X.npy")))
    assert "np.save" in refusal.value.hint
    assert not marker.exists()
    pickle.loads(pickle.dumps(Bomb(marker)))  # the bomb is live: only refusing it kept it from running
    assert marker.exists()


def test_a_pickle_named_npz_is_refused_and_never_runs(tmp_path: Path) -> None:
    marker = tmp_path / "it-ran"
    (tmp_path / "data.npz").write_bytes(pickle.dumps(Bomb(marker)))
    with pytest.raises(InvalidData, match=PICKLED):
        load_dataset(str(tmp_path / "data.npz"))
    assert not marker.exists()


@pytest.mark.parametrize(
    "start",
    [
        header("<f8", (10**12,)),
        header("<f8", (10**30, 10**30)),
        header("|b1", (2**63, 2)),
        header("<U0", (10**12,)),
        header("|V0", (10**12,)),
        header("<f8", (-1, -12)),
        header("<f8", (-6,)),
        header("<f8", (7, 2)),
        header("<U500000000", (2,)),
        header("<f8", (6, 2)).replace(b"{", b"["),
        header("<f8", (6, 2)).replace(b"<f8", b"<q9"),
        b"\x93NUMPY\x01\x00" + (9000).to_bytes(2, "little") + b"-" * 8999 + b"1",
        b"\x93NUMPY\x01\x00" + (9000).to_bytes(2, "little") + b"(" * 9000,
        b"\x93NUMPY\x02\x00" + (2**32 - 1).to_bytes(4, "little"),
        b"\x93NUMPY\x03\x00",
        b"\x93NUMPY\x09\x09",
        b"\x93NUM",
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_false_headers_are_refused_without_allocating(start: bytes, tmp_path: Path) -> None:
    (tmp_path / "X.npy").write_bytes(start + X.tobytes())
    np.save(tmp_path / "y.npy", Y)
    with ZipFile(tmp_path / "data.npz", "w") as archive:
        archive.writestr("X.npy", start + X.tobytes())
        archive.writestr("y.npy", npy_bytes(Y))
    tracemalloc.start()
    for name in ("X.npy", "data.npz"):
        with pytest.raises(InvalidData, match=r"X claims shape|X is not an array|structured") as refusal:
            load_dataset(str(tmp_path / name))
        assert refusal.value.hint
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4e6


def test_an_archive_that_unpacks_to_more_than_the_memory_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    with ZipFile(path, "w") as archive:
        archive.writestr("X.npy", npy_bytes(X))
        archive.writestr("y.npy", npy_bytes(Y))
        archive.getinfo("X.npy").file_size = 10**15
    with pytest.raises(
        InvalidData, match=r"unpacked, it needs 1000000\.0 GB of memory, and this process may have"
    ):
        load_dataset(str(path))


def test_a_file_larger_than_its_control_group_allows_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = tmp_path / "groups"
    (groups / "mine").mkdir(parents=True)
    (groups / "mine" / "memory.max").write_text("200000000\n")
    (tmp_path / "memberships").write_text("0::/mine\n")
    monkeypatch.setattr(machine, "_CGROUPS", groups)
    monkeypatch.setattr(machine, "_MEMBERSHIPS", tmp_path / "memberships")
    path = tmp_path / "data.csv"
    with path.open("wb") as stream:
        stream.truncate(300_000_000)  # a hole: nothing of it is on the disk
    with pytest.raises(InvalidData, match=r"needs 0\.3 GB of memory, and this process may have 0\.2 GB"):
        load_dataset(str(path))


def test_members_that_are_no_part_of_the_data_are_never_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    with ZipFile(path, "w") as archive:
        archive.writestr("X.npy", npy_bytes(X))
        archive.writestr("y.npy", npy_bytes(Y))
        archive.writestr("notes.npy", b"\x80 neither an array nor opened")
        archive.getinfo("notes.npy").file_size = 10**15
    assert len(load_dataset(str(path)).parts["all"]) == 6


@st.composite
def damaged_files(draw: st.DrawFn) -> tuple[str, bytes]:
    """A good file with a few bytes replaced, put in, or cut off."""
    archive = io.BytesIO()
    np.savez_compressed(archive, X=X, y=Y)
    name, good = draw(st.sampled_from([("X.npy", npy_bytes(X)), ("data.npz", archive.getvalue())]))
    damaged = bytearray(good)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(damaged)))
        new = draw(st.binary(max_size=3) | st.sampled_from([b"(", b"9", b"'O'", b"-1", b"|", b"None"]))
        damaged[place : place + draw(st.integers(0, 3))] = new
    return name, bytes(damaged[: draw(st.integers(0, len(damaged)))] if draw(st.booleans()) else damaged)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=150, deadline=None)
@given(file=damaged_files())
def test_damage_ends_in_data_or_in_one_sentence(
    file: tuple[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    name, content = file
    np.save(folder / "y.npy", Y)
    (folder / name).write_bytes(content)
    try:
        dataset = load_dataset(str(folder / name))
    except InvalidData as refusal:
        assert refusal.hint and refusal.message.isprintable()
    else:
        assert dataset.parts["all"].y.dtype == np.int64
