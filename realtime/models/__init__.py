"""The note models at run time, one folder a model: its token code, its package in ONNX Runtime, generate(); what others may
use of it is what its folder offers. numpy only; [player process]."""
