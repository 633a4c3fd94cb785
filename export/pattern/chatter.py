"""What the exporters of PyTorch and ONNX Runtime print that says nothing of the model at hand; all else is heard; [workshop]."""

from __future__ import annotations

import contextlib
import logging
import re
import warnings
from collections.abc import Iterator

KNOWN = {
    "a recurrent layer's list of its weights; the weights themselves are in the graph, which is compared with PyTorch's "
    "answers": r"The tensor attributes .*_flat_weights\[\d+\].* assigned during export",
    "PyTorch's own use of its own class": r"`isinstance\(treespec, LeafSpec\)` is deprecated",
    "operators on pictures, which no model of notes or sound has": r"torchvision is not installed\. Skipping torchvision::",
    "the shapes that it asks for are fixed here": r"Please consider to run pre-processing before quantization",
}
"""Why it is left out, and what it looks like."""

_PATTERN = re.compile("|".join(f"(?:{pattern})" for pattern in KNOWN.values()), re.S)
_LOGGERS = ("torch.onnx._internal.exporter._registration", "")


class _Known(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return _PATTERN.match(record.getMessage()) is None


@contextlib.contextmanager
def without_chatter() -> Iterator[None]:
    """While it lasts the KNOWN messages are not shown; every other warning and log line is."""
    known, loggers = _Known(), [logging.getLogger(name) for name in _LOGGERS]
    with warnings.catch_warnings():
        for pattern in KNOWN.values():
            warnings.filterwarnings("ignore", message=f"(?s:{pattern})")
        for logger in loggers:
            logger.addFilter(known)
        try:
            yield
        finally:
            for logger in loggers:
                logger.removeFilter(known)
