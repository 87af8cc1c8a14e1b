"""The published archive is read, and a pickle that would do anything else is refused before it does."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from grokscope.spec import InputError
from grokscope.tasks.archive import read_archive

RECORDS = [(np.where(np.eye(4), 1, -1).astype(float), 1, 3.0), (np.ones((4, 4)), 0, np.float64(1.5))]


def written(path: Path, content: object, protocol: int = 4) -> Path:
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_snapshots_come_coldest_first(tmp_path: Path, protocol: int) -> None:
    if protocol == 5:
        pytest.skip("arrays pickled by protocol 5 are made from buffers; the archive is older")
    pool = read_archive(written(tmp_path / "a", ["what it is", RECORDS], protocol), side=4)
    np.testing.assert_array_equal(pool.temperature, [1.5, 3.0])
    np.testing.assert_array_equal(pool.spins[1], RECORDS[0][0])
    np.testing.assert_array_equal(pool.disordered, [0, 1])


def test_names_of_older_versions_are_known(tmp_path: Path) -> None:
    data = pickle.dumps(["", RECORDS], protocol=2).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    (tmp_path / "a").write_bytes(data)
    assert len(read_archive(tmp_path / "a", side=4).spins) == 2


class Harm:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch harmed",)


def test_nothing_is_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="system"):
        read_archive(written(tmp_path / "a", ["", [Harm()]]), side=4)
    assert not (tmp_path / "harmed").exists()


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (["", [(np.ones((3, 3)), 0, 1.0)]], "shape"),
        (["", [(2 * np.ones((4, 4)), 0, 1.0)]], "spins"),
        (["only"], "expected a pickle"),
        ({"a": 1}, "expected a pickle"),
    ],
)
def test_other_content_is_refused(tmp_path: Path, content: object, match: str) -> None:
    with pytest.raises(InputError, match=match):
        read_archive(written(tmp_path / "a", content), side=4)


def test_what_is_no_pickle_and_what_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\x80\x04 nothing")
    with pytest.raises(InputError, match="expected a pickle"):
        read_archive(tmp_path / "a", side=4)
    with pytest.raises(InputError, match="no such file"):
        read_archive(tmp_path / "b", side=4)
