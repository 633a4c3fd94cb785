"""All MIDI code of the audio thread, compiled afresh: no Python, no allocation, no exception in its assembly."""

import os
import re
import subprocess
import sys

import pytest

from realtime.native.cache import ROOT
from realtime.native.jit import IMPURE

PROGRAM = """
from realtime.midi import clock, clock_out, decode, jack_in
from realtime.native.jit import audio_entry, float64, int64, void

i, f = int64, float64

@audio_entry(void(i, i, f, f))
def run(a, size, time, beat):
    decode.decode(a, a, size, size, size, a, a, size)
    decode.flush(a, size, size, a, a, size)
    decode.release_all(a, size, size, a, a, size)
    decode.panic(a, size, size, a, a, size)
    clock.follow(a, size, time, beat)
    clock.expire(a, time)
    clock.steer(a, beat + clock.position(a, time), time, 64)
    clock_out.generate(a, size, beat, time, size, size, a, size)

print(run._library.get_asm_str())
print(jack_in.process._library.get_asm_str())
"""


@pytest.mark.timeout(240)
def test_the_assembly_is_pure(tmp_path):
    script = tmp_path / "midi_purity.py"
    script.write_text(PROGRAM)
    environment = {
        **os.environ,
        "ANTIPHON_CACHE": str(tmp_path),
        "NUMBA_CACHE_DIR": str(tmp_path),
        "PYTHONPATH": str(ROOT),
    }
    assembly = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert len(assembly.splitlines()) > 2000
    assert sorted({match.group(0) for match in re.finditer(IMPURE, assembly)}) == []
    calls = set(re.findall(r"\bcall\w*\s+\*?([\w@.]+)", assembly)) | set(
        re.findall(r"\bjmp\s+([a-z_]\w+@PLT)", assembly)
    )
    assert {c for c in calls if re.search(r"malloc|free|alloc|printf", c)} == set()
