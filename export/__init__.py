"""The workshop: corpora, models in PyTorch, training, evaluation and export to ONNX. Never imported while playing."""

import realtime  # noqa: F401 - switches ONNX Runtime's telemetry off before any module here loads it
