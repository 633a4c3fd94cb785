"""Sessions of ONNX Runtime through its C API, for players (`run`, GIL released) and audio streams; [main].

One thread, no spinning: a pool that spins beside an audio callback steals its core, and these nets are too small to
share.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterable, Mapping
from ctypes import c_char_p, c_int, c_int64, c_size_t, c_void_p
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from realtime.neural.ort_api import OrtApi, OrtError, ort_api

DTYPES: dict[int, np.dtype] = {
    1: np.dtype("float32"), 2: np.dtype("uint8"), 3: np.dtype("int8"), 4: np.dtype("uint16"), 5: np.dtype("int16"),
    6: np.dtype("int32"), 7: np.dtype("int64"), 9: np.dtype("bool"), 10: np.dtype("float16"), 11: np.dtype("float64"),
    12: np.dtype("uint32"), 13: np.dtype("uint64"),
}  # fmt: skip
"""ONNX element types as numpy dtypes."""

_CODES = {dtype: code for code, dtype in DTYPES.items()}
_ALL_OPTIMISATIONS = 99
_OUTSIDE = b"session.model_external_initializers_file_folder_path"


@dataclass(frozen=True)
class Port:
    """An input or output of a graph: shape with -1 for a free dimension, dtype None for what is no plain tensor."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype | None


def available_providers(api: OrtApi | None = None) -> list[str]:
    """Execution providers that the installed library was built with."""
    api = api or ort_api()
    names, count = (c_void_p * 1)(), (c_int * 1)()
    api.call("GetAvailableProviders", names, count)
    table = ctypes.cast(names[0] or 0, ctypes.POINTER(c_char_p))
    found = [table[index].decode() for index in range(count[0])]
    api.call("ReleaseAvailableProviders", names[0], c_int(count[0]))
    return found


class OrtSession:
    """A loaded graph. provider: "cpu" or "cuda"; `provider` and `notes` say what was chosen and why.

    folder: where the files of its outer weights lie, if it has any. Raises OrtError when the bytes are no graph that the
    runtime can run.
    """

    def __init__(self, model: bytes, provider: str = "cpu", folder: Path | None = None):
        self.api = ort_api()
        self.notes: list[str] = []
        self.provider = "cpu"
        self._model, self._folder = model, folder
        self._memory_info = 0
        self._handle = 0
        if provider == "cuda":
            try:
                self._handle = self._create(with_cuda=True)
                self.provider = "cuda"
            except OrtError as error:
                reason = str(error).splitlines()[0][:200]
                self.notes.append(f"CUDA was asked for but is not usable ({reason}): the model runs on the CPU")
        if not self._handle:
            self._handle = self._create(with_cuda=False)
        self._memory_info = self.api.make("CreateCpuMemoryInfo", c_int(0), c_int(0))
        self._allocator = self.api.make("GetAllocatorWithDefaultOptions")
        self.inputs = self._ports("Input")
        self.outputs = self._ports("Output")
        self._name_memory = {
            p.name: ctypes.create_string_buffer(p.name.encode()) for p in (*self.inputs, *self.outputs)
        }

    @property
    def address(self) -> int:
        """The OrtSession, for calls from compiled code."""
        return self._handle

    def name_address(self, name: str) -> int:
        """Address of the zero-terminated name of an input or output; lives as long as the session."""
        return ctypes.addressof(self._name_memory[name])

    def _create(self, with_cuda: bool) -> int:
        api = self.api
        options = api.make("CreateSessionOptions")
        try:
            api.call("SetIntraOpNumThreads", options, c_int(1))
            api.call("SetInterOpNumThreads", options, c_int(1))
            api.call("SetSessionExecutionMode", options, c_int(0))
            api.call("SetSessionGraphOptimizationLevel", options, c_int(_ALL_OPTIMISATIONS))
            api.call("EnableCpuMemArena", options)
            api.call("EnableMemPattern", options)
            for key in (b"session.intra_op.allow_spinning", b"session.inter_op.allow_spinning"):
                api.call("AddSessionConfigEntry", options, key, b"0")
            if self._folder is not None:
                api.call("AddSessionConfigEntry", options, _OUTSIDE, os.fsencode(self._folder))
            if with_cuda:
                self._append_cuda(options)
            return api.make("CreateSessionFromArray", api.env, self._model, c_size_t(len(self._model)), options)
        finally:
            api.release("ReleaseSessionOptions", options)

    def _append_cuda(self, options: int) -> None:
        api = self.api
        if "CUDAExecutionProvider" not in available_providers(api):
            raise OrtError(0, "this ONNX Runtime was built without CUDA; install onnxruntime-gpu")
        cuda = api.make("CreateCUDAProviderOptions")
        try:
            keys, values = (c_char_p * 1)(b"device_id"), (c_char_p * 1)(b"0")
            api.call("UpdateCUDAProviderOptions", cuda, keys, values, c_size_t(1))
            api.call("SessionOptionsAppendExecutionProvider_CUDA_V2", options, cuda)
        finally:
            api.release("ReleaseCUDAProviderOptions", cuda)

    def _take_text(self, pointer: int) -> str:
        text = ctypes.string_at(pointer).decode("utf-8", "replace")
        self.api.call("AllocatorFree", self._allocator, pointer)
        return text

    def _ports(self, side: str) -> list[Port]:
        api, ports = self.api, []
        for index in range(api.make(f"SessionGet{side}Count", self._handle)):
            name = self._take_text(
                api.make(f"SessionGet{side}Name", self._handle, c_size_t(index), c_void_p(self._allocator))
            )
            info = api.make(f"SessionGet{side}TypeInfo", self._handle, c_size_t(index))
            tensor = api.make("CastTypeInfoToTensorInfo", info)
            shape, dtype = self._shape_and_dtype(tensor) if tensor else ((), None)
            api.release("ReleaseTypeInfo", info)
            ports.append(Port(name, shape, dtype))
        return ports

    def _shape_and_dtype(self, info: int) -> tuple[tuple[int, ...], np.dtype | None]:
        api = self.api
        rank = api.make("GetDimensionsCount", info)
        dimensions, kind = (c_int64 * max(1, rank))(), (c_int * 1)()
        api.call("GetDimensions", info, dimensions, c_size_t(rank))
        api.call("GetTensorElementType", info, kind)
        return tuple(dimensions[axis] for axis in range(rank)), DTYPES.get(kind[0])

    def metadata(self) -> dict[str, str]:
        """The metadata_props of the file."""
        api = self.api
        handle = api.make("SessionGetModelMetadata", self._handle)
        keys, count = (c_void_p * 1)(), (c_int64 * 1)()
        api.call("ModelMetadataGetCustomMetadataMapKeys", handle, self._allocator, keys, count)
        found = {}
        table = ctypes.cast(keys[0] or 0, ctypes.POINTER(c_void_p))
        for index in range(count[0]):
            key = self._take_text(table[index])
            value = api.make("ModelMetadataLookupCustomMetadataMap", handle, self._allocator, key.encode())
            found[key] = self._take_text(value)
        if keys[0]:
            api.call("AllocatorFree", self._allocator, keys[0])
        api.release("ReleaseModelMetadata", handle)
        return found

    def value(self, array: np.ndarray, shape: Iterable[int] | None = None) -> int:
        """An OrtValue over the memory of a contiguous array (which must outlive it), seen in another shape if given."""
        if not array.flags.c_contiguous or array.dtype not in _CODES:
            raise ValueError(f"an array of dtype {array.dtype} that is contiguous={array.flags.c_contiguous}")
        wanted = tuple(array.shape if shape is None else shape)
        size = int(np.prod(wanted, dtype=np.int64)) * array.itemsize
        if size > array.nbytes:
            raise ValueError(f"the shape {wanted} does not fit into {array.nbytes} bytes")
        dimensions = (c_int64 * max(1, len(wanted)))(*wanted)
        return self.api.make(
            "CreateTensorWithDataAsOrtValue", self._memory_info, array.ctypes.data, c_size_t(size),
            dimensions, c_size_t(len(wanted)), c_int(_CODES[array.dtype]),
        )  # fmt: skip

    def release_value(self, value: int) -> None:
        """Free an OrtValue (not the memory it looks at)."""
        self.api.release("ReleaseValue", value)

    def run(self, inputs: Mapping[str, np.ndarray], outputs: Iterable[str] | None = None) -> dict[str, np.ndarray]:
        """Run once: arrays by input name in, arrays by output name out. [any but the audio thread], GIL released.

        Raises OrtError for wrong names, shapes or dtypes.
        """
        api = self.api
        wanted = [port.name for port in self.outputs] if outputs is None else list(outputs)
        for name in (*inputs, *wanted):
            if name not in self._name_memory:
                raise OrtError(2, f"the graph has no input or output {name!r}")
        arrays = [np.asarray(array, order="C") for array in inputs.values()]
        made: list[int] = []
        results = (c_void_p * len(wanted))()
        try:
            for array in arrays:
                if array.dtype not in _CODES:
                    raise OrtError(2, f"dtype {array.dtype} is no tensor type")
                made.append(self.value(array))
            in_names = (c_void_p * len(arrays))(*(self.name_address(name) for name in inputs))
            out_names = (c_void_p * len(wanted))(*(self.name_address(name) for name in wanted))
            values = (c_void_p * len(arrays))(*made)
            api.call(
                "Run", self._handle, 0, in_names, values, c_size_t(len(arrays)),
                out_names, c_size_t(len(wanted)), results,
            )  # fmt: skip
            return {name: self._array(results[index] or 0) for index, name in enumerate(wanted)}
        finally:
            for value in (*made, *(result for result in results if result)):
                self.release_value(value)

    def _array(self, value: int) -> np.ndarray:
        api = self.api
        info = api.make("GetTensorTypeAndShape", value)
        shape, dtype = self._shape_and_dtype(info)
        api.release("ReleaseTensorTypeAndShapeInfo", info)
        if dtype is None:
            raise OrtError(9, "an output is no plain tensor")
        result = np.empty(shape, dtype)
        if result.nbytes:
            ctypes.memmove(result.ctypes.data, api.make("GetTensorMutableData", value), result.nbytes)
        return result

    def close(self) -> None:
        """Free the session; nothing may be running in it."""
        if self._handle:
            self.api.release("ReleaseSession", self._handle)
            self._handle = 0
        if self._memory_info:
            self.api.release("ReleaseMemoryInfo", self._memory_info)
            self._memory_info = 0

    def __del__(self):
        with contextlib.suppress(Exception):  # the interpreter may be going down
            self.close()
