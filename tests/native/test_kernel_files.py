"""Compiled kernels are found again by what they were made from, and by nothing else."""

import os
import subprocess
import sys
import time

import pytest

from realtime.native.cache import ROOT
from realtime.native.kernel_files import KEPT_DAYS, KernelFiles


@pytest.fixture
def files(tmp_path):
    """files(stamp): the files of one function, made of sources with that stamp."""
    return lambda stamp="new": KernelFiles(str(tmp_path), "memory.view.locals.of[0]-65.py311", stamp)


def test_each_version_is_found_again_and_no_other(files):
    files().save(("int64", 1), "a")
    files().save(("int64", 2), "b")
    assert files().load(("int64", 1)) == "a" and files().load(("int64", 2)) == "b"
    assert files().load(("int64", 3)) is None
    assert len(files().files()) == 2
    files().save(("int64", 1), "c")
    assert files().load(("int64", 1)) == "c" and len(files().files()) == 2


def test_what_was_made_of_other_sources_is_never_loaded(files):
    files("old").save("key", "old")
    assert files("new").load("key") is None
    files("new").save("key", "new")
    assert files("old").load("key") == "old" and files("new").load("key") == "new"


def test_two_that_began_from_the_same_state_do_not_overwrite_each_other(files):
    """Numba's index gave both the same number: the one read what the other had compiled."""
    one, other = files(), files()
    assert one.load("one") is None and other.load("other") is None
    one.save("one", 1)
    other.save("other", 2)
    assert files().load("one") == 1 and files().load("other") == 2


@pytest.mark.parametrize("content", [b"", b"\x80", b"not a pickle at all", b"\x80\x05N."])
def test_a_damaged_file_is_as_if_it_were_not_there(files, content):
    files().save("key", "a")
    files().files()[0].write_bytes(content)
    assert files().load("key") is None
    files().save("key", "b")
    assert files().load("key") == "b"


def test_a_file_under_a_name_that_is_not_its_own_is_not_believed(files, tmp_path):
    files().save("one", 1)
    files().save("other", 2)
    first, second = files().files()
    os.replace(first, second)
    assert [files().load(key) for key in ("one", "other")] in ([None, None], [None, 2], [1, None])
    assert files().load("one") is None or files().load("other") is None


def test_old_files_of_other_sources_go_and_young_ones_stay(files, tmp_path):
    files("old").save("key", "a")
    files("young").save("key", "b")
    old = files("old").files()[0]
    numbered, index, of_another = (tmp_path / name for name in ("memory.view.locals.of[0]-65.py311.7.nbc",
                                   "memory.view.locals.of[0]-65.py311.nbi", "memory.store-12.py311.3.nbc"))  # fmt: skip
    for path in (numbered, index, of_another):
        path.write_bytes(b"x")
    long_ago = time.time() - (KEPT_DAYS + 1) * 86400
    for path in (old, numbered, index, of_another):
        os.utime(path, (long_ago, long_ago))
    files("new").save("key", "c")
    assert not old.exists() and not numbered.exists() and not index.exists()
    assert of_another.exists() and files("young").load("key") == "b" and files("new").load("key") == "c"


def test_processes_that_compile_side_by_side_each_get_their_own(tmp_path):
    """One function for eight records, cold, by eight processes at once; then all again from what was kept."""
    env = {**os.environ, "ANTIPHON_CACHE": str(tmp_path)}
    for _ in range(2):
        running = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.native.side_by_side", str(n)], env=env, cwd=ROOT,
                stdout=subprocess.PIPE, text=True,
            )
            for n in range(8)
        ]  # fmt: skip
        for n, process in enumerate(running):
            out, _ = process.communicate(timeout=300)
            assert process.returncode == 0 and out.split() == [str(100.0 + n)]
        kept = [path.name for path in tmp_path.rglob("side_by_side*.nbc")]
        assert len(kept) == 8
