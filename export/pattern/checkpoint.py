"""Checkpoints: written whole or not at all, read with one sentence on what is wrong; [workshop]."""

from __future__ import annotations

import _codecs
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import torch

from realtime.native.errors import AntiphonError

# what a checkpoint of ours holds beside tensors and plain values: arrays and numbers of NumPy. Nothing else is built from a
# file, for a pickle can call anything it names
NUMBERS = [np.dtype(code).type for code in "?bBhHiIlLqQefd"]
HARMLESS: list[Any] = [
    np.ndarray, np.dtype, np.zeros(0).__reduce__()[0], np.float64(0).__reduce__()[0], _codecs.encode,
    *NUMBERS, *(type(np.dtype(number)) for number in NUMBERS),
]  # fmt: skip


def save(path: Path, content: dict[str, Any]) -> None:
    """Atomic: a full disk or a kill leaves the checkpoint before it whole. Raises AntiphonError."""
    part = path.with_suffix(".part")
    try:
        with open(part, "wb") as file:  # a path given to torch.save goes round Python's own errors
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except (OSError, RuntimeError) as error:
        part.unlink(missing_ok=True)
        reason = getattr(error, "strerror", None) or error
        raise AntiphonError(
            f"Checkpoint {path}: could not be written ({reason}); the one before it is whole: free some space and "
            "train again with --resume."
        ) from error


def load(path: str | Path, model: str = "") -> dict[str, Any]:
    """The content of best.pt: model (state_dict of the averaged weights), config, settings, row, data, corpus,
    name. Code in it is not run.

    model: the name it must be of, if given. Raises AntiphonError if there is none, it is damaged, or it holds anything but
    numbers and plain values.
    """
    name = model or "MODEL"
    try:
        with torch.serialization.safe_globals(HARMLESS):
            content = torch.load(path, weights_only=True, map_location="cpu")
        found = content["name"]
        content["model"], content["config"]
    except FileNotFoundError:
        raise AntiphonError(f"Checkpoint {path}: there is none; run `antiphon train {name}` first.") from None
    except pickle.UnpicklingError:
        raise AntiphonError(
            f"Checkpoint {path}: damaged, or it holds more than numbers and plain values, which may be code and is not "
            "run; train again, or ask for its .onnx package."
        ) from None
    except Exception as error:  # torch.load raises many kinds on damage
        raise AntiphonError(f"Checkpoint {path}: damaged ({type(error).__name__}: {error}); train again.") from error
    if model and found != model:
        raise AntiphonError(f"Checkpoint {path}: it is of {found}, not of {model}; name another folder with --run.")
    return content
