"""The instrument. What leaves this machine is decided here, before anything is loaded: nothing does; [any]."""

import os as _os

# ONNX Runtime reports its use over the network from the moment its library is loaded, unless this is set before
_os.environ["ORT_DISABLE_TELEMETRY"] = "1"
