"""The workshop: corpora, models in PyTorch, training, evaluation and export to ONNX. Never imported while playing."""
