"""Snapshots hold arrays and plain values, and nothing that comes in as one can do harm."""

from __future__ import annotations

import io
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import HiveError, InvalidSnapshot
from models.online import snapshot as snapshots
from models.online.snapshot import Snapshot

GOOD = Snapshot({"name": "x", "n": 3}, {"values": np.arange(6, dtype=np.float32).reshape(2, 3)})


def test_what_is_packed_comes_back() -> None:
    back = Snapshot.from_bytes(GOOD.with_part("inner", Snapshot({"of": [1]}, {"rows": np.arange(3)})).to_bytes())
    assert back.header == {"name": "x", "n": 3, "inner": {"of": [1]}}
    assert back.floats("values", (2, 3)).tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    inner = back.part("inner")
    assert (inner.header, inner.arrays["rows"].tolist()) == ({"of": [1]}, [0, 1, 2])


def test_a_part_that_is_not_there_is_named() -> None:
    with pytest.raises(InvalidSnapshot, match="inner: it is missing"):
        GOOD.part("inner")


class _Harm:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (pytest.fail, ("a pickle was run",))


def test_a_pickle_is_not_run() -> None:
    buffer = io.BytesIO()
    np.savez(buffer, header=np.array([_Harm()], dtype=object), allow_pickle=True)
    for data in (buffer.getvalue(), pickle.dumps(_Harm())):
        with pytest.raises(InvalidSnapshot):
            Snapshot.from_bytes(data)


def test_a_small_file_that_unpacks_to_a_large_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "MAX_BYTES", 1_000_000)
    data = Snapshot({}, {"zeros": np.zeros(1_000_000, np.float32)}).to_bytes()
    assert len(data) < 20_000
    with pytest.raises(InvalidSnapshot, match="1000000 are allowed"):
        Snapshot.from_bytes(data)


def test_a_header_that_is_no_object_is_refused() -> None:
    buffer = io.BytesIO()
    np.savez(buffer, header=np.frombuffer(b"[1, 2]", np.uint8))
    with pytest.raises(InvalidSnapshot):
        Snapshot.from_bytes(buffer.getvalue())


def test_no_array_is_allocated_by_what_a_file_claims() -> None:
    """The first bytes of an array say its shape: 4 GB claimed by a file of 200 bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        claim = "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000,), }".ljust(117) + "\n"
        packed.writestr("header.npy", b"\x93NUMPY\x01\x00" + len(claim).to_bytes(2, "little") + claim.encode())
    with pytest.raises(InvalidSnapshot):
        Snapshot.from_bytes(buffer.getvalue())


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(InvalidSnapshot):
        Snapshot.from_bytes(data)


@settings(max_examples=150, deadline=None)
@given(at=st.integers(min_value=0, max_value=len(GOOD.to_bytes()) - 1), bit=st.integers(min_value=0, max_value=7))
def test_a_bit_that_flips_is_found_or_does_no_harm(at: int, bit: int) -> None:
    data = bytearray(GOOD.to_bytes())
    data[at] ^= 1 << bit
    try:
        back = Snapshot.from_bytes(bytes(data))
        back.floats("values", (2, 3))
    except HiveError:
        return
    assert back.header == GOOD.header
