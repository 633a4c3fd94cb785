"""ONNX Runtime's C API by slot number, from the wheel's library, without importing its Python module; [main].

`OrtApi` is a table of function pointers to which each version only appends, so a slot never moves. One copy of the
runtime serves the audio thread and the players; the Python module would be a second one.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.util
import os
from ctypes import POINTER, c_char_p, c_uint32, c_void_p
from pathlib import Path

from realtime.native.errors import AntiphonError

API_VERSION = 17
"""The oldest version that has every slot used here (onnxruntime 1.17)."""

SLOTS = {
    "GetErrorCode": 1,
    "GetErrorMessage": 2,
    "CreateEnv": 3,
    "DisableTelemetryEvents": 6,
    "CreateSessionFromArray": 8,
    "Run": 9,
    "CreateSessionOptions": 10,
    "SetSessionExecutionMode": 13,
    "EnableMemPattern": 16,
    "EnableCpuMemArena": 18,
    "SetSessionGraphOptimizationLevel": 23,
    "SetIntraOpNumThreads": 24,
    "SetInterOpNumThreads": 25,
    "SessionGetInputCount": 30,
    "SessionGetOutputCount": 31,
    "SessionGetInputTypeInfo": 33,
    "SessionGetOutputTypeInfo": 34,
    "SessionGetInputName": 36,
    "SessionGetOutputName": 37,
    "CreateTensorWithDataAsOrtValue": 49,
    "GetTensorMutableData": 51,
    "CastTypeInfoToTensorInfo": 55,
    "GetTensorElementType": 60,
    "GetDimensionsCount": 61,
    "GetDimensions": 62,
    "GetTensorTypeAndShape": 65,
    "CreateCpuMemoryInfo": 69,
    "AllocatorFree": 76,
    "GetAllocatorWithDefaultOptions": 78,
    "ReleaseStatus": 93,
    "ReleaseMemoryInfo": 94,
    "ReleaseSession": 95,
    "ReleaseValue": 96,
    "ReleaseTypeInfo": 98,
    "ReleaseTensorTypeAndShapeInfo": 99,
    "ReleaseSessionOptions": 100,
    "SessionGetModelMetadata": 111,
    "ModelMetadataLookupCustomMetadataMap": 116,
    "ReleaseModelMetadata": 118,
    "ModelMetadataGetCustomMetadataMapKeys": 123,
    "GetAvailableProviders": 125,
    "ReleaseAvailableProviders": 126,
    "AddSessionConfigEntry": 130,
    "SessionOptionsAppendExecutionProvider_CUDA_V2": 204,
    "CreateCUDAProviderOptions": 205,
    "UpdateCUDAProviderOptions": 206,
    "ReleaseCUDAProviderOptions": 208,
}

_PATTERNS = ("libonnxruntime.so*", "libonnxruntime*.dylib", "onnxruntime.dll")


class OrtError(Exception):
    """A status of ONNX Runtime: its code and message."""

    def __init__(self, code: int, message: str):
        super().__init__(message)
        self.code = code


class _Base(ctypes.Structure):
    _fields_ = [
        ("GetApi", ctypes.CFUNCTYPE(c_void_p, c_uint32)),
        ("GetVersionString", ctypes.CFUNCTYPE(c_char_p)),
    ]


def find_library() -> Path:
    """The shared library of the onnxruntime wheel (or the file named by ANTIPHON_ORT). Raises AntiphonError."""
    if named := os.environ.get("ANTIPHON_ORT"):
        return Path(named)
    spec = importlib.util.find_spec("onnxruntime")  # finds the folder, does not import it
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent / "capi"
        for pattern in _PATTERNS:
            for path in sorted(folder.glob(pattern)):
                if "providers" not in path.name:
                    return path
    raise AntiphonError("ONNX Runtime is not installed: install the package onnxruntime (or onnxruntime-gpu)")


class OrtApi:
    """The function table. `call` checks the status; ctypes lets go of the GIL during every call."""

    def __init__(self, path: Path):
        self.path = path
        try:
            self._library = ctypes.CDLL(str(path))
        except OSError as error:
            raise AntiphonError(f"{path}: ONNX Runtime cannot be loaded ({error}); reinstall onnxruntime") from None
        self._library.OrtGetApiBase.restype = POINTER(_Base)
        base = self._library.OrtGetApiBase().contents
        self.version = base.GetVersionString().decode()
        table = base.GetApi(API_VERSION)
        if not table:
            raise AntiphonError(f"{path}: ONNX Runtime {self.version} is too old; install version 1.17 or later")
        self._table = ctypes.cast(table, POINTER(c_void_p))
        self._functions: dict = {}
        self.env = self.make("CreateEnv", ctypes.c_int(4), b"antiphon")  # 4: only fatal messages go to the terminal
        self.call("DisableTelemetryEvents", c_void_p(self.env))

    def address(self, name: str) -> int:
        """Address of a function, for calls from compiled code."""
        return self._table[SLOTS[name]]

    def _function(self, name: str, restype, args):
        types = tuple(c_char_p if isinstance(arg, bytes) else type(arg) for arg in args)
        types = tuple(c_void_p if issubclass(kind, (ctypes.Array, ctypes._Pointer)) else kind for kind in types)
        key = (name, restype, types)
        if key not in self._functions:
            self._functions[key] = ctypes.CFUNCTYPE(restype, *types)(self.address(name))
        return self._functions[key]

    def call(self, name: str, *args) -> None:
        """Call a function that returns a status; args are ctypes values, bytes or arrays. Raises OrtError."""
        args = tuple(c_void_p(arg) if isinstance(arg, int) else arg for arg in args)
        args = tuple(ctypes.cast(arg, c_void_p) if _is_memory(arg) else arg for arg in args)
        status = self._function(name, c_void_p, args)(*args)
        if status:
            handle = c_void_p(status)
            code = self._function("GetErrorCode", ctypes.c_int, (handle,))(handle)
            message = self._function("GetErrorMessage", c_char_p, (handle,))(handle).decode("utf-8", "replace")
            self.release("ReleaseStatus", status)
            raise OrtError(code, message)

    def make(self, name: str, *args) -> int:
        """Call a function whose last argument receives a pointer (or a size); returns that number."""
        slot = (c_void_p * 1)()
        self.call(name, *args, slot)
        return slot[0] or 0

    def release(self, name: str, handle: int) -> None:
        """Call one of the Release functions."""
        self._function(name, None, (c_void_p(handle),))(c_void_p(handle))


def _is_memory(value) -> bool:
    return isinstance(value, (ctypes.Array, ctypes._Pointer))


@functools.cache
def ort_api() -> OrtApi:
    """The runtime, loaded at the first use. Raises AntiphonError."""
    return OrtApi(find_library())
