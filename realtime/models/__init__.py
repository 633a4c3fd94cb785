"""The note models at run time, one file a model: its token code, its package in ONNX Runtime, generate(); numpy only;
[player process]."""
