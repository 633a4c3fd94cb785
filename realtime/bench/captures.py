"""`antiphon bench captures`: .nam captures against reference outputs of the C++ core, both ways; [main]."""

from __future__ import annotations

import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from realtime.native.errors import AntiphonError
from realtime.neural.choice import stream_of
from realtime.neural.compiled import compile_nam
from realtime.neural.nam import load_nam
from realtime.neural.nam_nets import Lstm


def bench_captures(archive: Path, reference: Path) -> list[dict[str, Any]]:
    """One row a capture: class, largest absolute error compiled and by ONNX Runtime, seconds taken.

    archive: .zip of .nam files. reference: .npz with `input` and, by the names in the archive, the expected outputs.
    """
    try:
        outputs = np.load(reference)
        captures = zipfile.ZipFile(archive)
        x = outputs["input"]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise AntiphonError(f"the reference cannot be read ({error}); give a .zip of captures and its .npz") from None
    rows = []
    for name in outputs:
        if name == "input":
            continue
        try:
            with tempfile.TemporaryDirectory() as folder:
                nam = load_nam(captures.extract(name, folder))
        except AntiphonError as error:
            rows.append({"capture": name, "refused": str(error)})
            continue
        start = time.perf_counter()
        compiled = float(np.abs(compile_nam(nam).run(x) - outputs[name]).max())
        stream = stream_of(nam)
        onnx = float(np.abs(stream.run(x)[0] - outputs[name]).max())
        stream.close()
        kind = "LSTM" if isinstance(nam.net, Lstm) else "WaveNet"
        rows.append({"capture": name, "class": kind, "compiled_error": compiled, "onnx_error": onnx,
                     "took_s": time.perf_counter() - start})  # fmt: skip
    return rows
