"""What a device is: a parameter table, a state record and one compiled process(); the decorator and the build run on [main]."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numba import from_dtype

from realtime.contract.block import BLOCK, BLOCK_TYPE, MAX_FRAMES
from realtime.contract.option import Option as Option
from realtime.contract.param import CURVES as CURVES
from realtime.contract.param import Param as Param
from realtime.contract.param import ids as ids
from realtime.contract.ports import SIDECHAIN, Port, find_port, ports, width
from realtime.native.errors import AntiphonError, nearest
from realtime.native.file_fault import file_fault
from realtime.native.jit import audio_entry, void
from realtime.native.memory import aligned

KINDS = ("instrument", "effect", "neural", "midi")


@dataclass(frozen=True)
class Spec:
    """What a device is built for. options: those of Device.option_values."""

    sample_rate: float = 48000.0
    max_frames: int = MAX_FRAMES
    options: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass
class Instance:
    """A built device: addresses and the memory behind them. Audio code owns `state` and `heap` once it is live."""

    entry: int  # address of void(Block*, State*)
    params: tuple[Param, ...]
    inputs: int  # channels of all input ports
    outputs: int
    state: np.ndarray  # uint8, 64-byte aligned
    heap: np.ndarray  # float32, 64-byte aligned
    tables: np.ndarray  # uint8, 64-byte aligned, read-only
    latency: int = 0  # samples
    tail_s: float = 0.0
    context: int = 0
    keep: list[Any] = field(default_factory=list)  # kept alive as long as the instance
    report: dict[str, Any] = field(default_factory=dict)  # what a person may want to know (way chosen, warnings)
    close: Callable[[], None] | None = None  # [main] called once, after the callback has let go
    reset: int = (
        0  # address of void(Block*, State*): forget the past [audio]; 0 = the engine writes the first state back
    )
    input_ports: tuple[Port, ...] = ()  # as declared; empty = one main port of all channels
    output_ports: tuple[Port, ...] = ()

    def __post_init__(self):
        self.input_ports = self.input_ports or ports(self.inputs)
        self.output_ports = self.output_ports or ports(self.outputs)
        self.pristine = None if self.reset else self.state.copy()
        """The state to return to after a fault or a panic, for devices without a `reset` of their own."""


def _call(value, spec):
    return value(spec) if callable(value) else value


class Device:
    """A kind of device: made by the `device` decorator, or subclassed where the entry is chosen at load.

    name: the word used in scenes. kind: "instrument", "effect", "neural" or "midi" (makes or changes notes, stands before
    the instrument of a track, has no audio). Subclasses override `build`.

    All the rest may be left out. inputs, outputs: channels of one main port, or a list of Ports. sidechain: one more
    stereo input port of that role. process(block, state), and reset(block, state) that forgets the past without touching what
    `prepare` set; without it the engine writes the state's first bytes back. events_in: takes notes (instruments and midi
    devices do). events_out: plays notes, with `emit`. parameter_events: wants parameter changes as events with offsets.
    speaks: sends messages up, with `tell`. hears_music: reads chord, key or section in the transport, so that its scene has a
    follower. options: what it is told when it is built, all of it in `spec.options`.
    latency, tail_s: samples and seconds, or a function of the Spec.
    """

    options: tuple[Option, ...] = ()
    """What a scene's `options` may say to it."""
    examples: tuple[Mapping[str, Any], ...] = ({},)
    """Options with which it can be built on any machine, one set for each way it runs: what `antiphon setup` plays."""

    def __init__(
        self,
        name: str,
        title: str,
        kind: str,
        params: Sequence[Param],
        *,
        process: Callable | None = None,
        state: np.dtype | None = None,
        reset: Callable | None = None,
        inputs: int | Sequence[Port] | None = None,
        outputs: int | Sequence[Port] | None = None,
        sidechain: bool = False,
        events_in: bool | None = None,
        events_out: bool = False,
        parameter_events: bool = False,
        speaks: bool = False,
        hears_music: bool = False,
        options: Sequence[Option] = (),
        heap: Callable[[Spec], int] | int = 0,
        tables: Callable[[Spec], np.ndarray] | None = None,
        prepare: Callable[[Any, Spec], None] | None = None,
        latency: Callable[[Spec], int] | int = 0,
        tail_s: Callable[[Spec], float] | float = 0.0,
        doc: str = "",
    ):
        self.name, self.title, self.kind, self.doc = name, title, kind, doc
        self.params = tuple(params)
        names = [param.id for param in self.params]
        if len(set(names)) != len(names):
            raise ValueError(f"{name}: a parameter id occurs twice")
        if kind not in KINDS:
            raise ValueError(f"{name}: kind {kind!r} is none of {', '.join(KINDS)}")
        self.process, self.reset = process, reset
        self.state = state if state is not None else np.dtype([("unused", "i8")])
        self.input_ports = ports({"instrument": 0, "midi": 0}.get(kind, 2) if inputs is None else inputs)
        if sidechain:
            self.input_ports += (Port(SIDECHAIN, 2, SIDECHAIN, "Sidechain"),)
        self.output_ports = ports((0 if kind == "midi" else 2) if outputs is None else outputs)
        self.inputs, self.outputs = width(self.input_ports), width(self.output_ports)
        self.events_in = kind in ("instrument", "midi") if events_in is None else events_in
        self.events_out = events_out or kind == "midi"
        self.parameter_events, self.speaks, self.hears_music = parameter_events, speaks, hears_music
        self.options = tuple(options) or type(self).options
        self._heap, self._tables, self._prepare = heap, tables, prepare
        self._latency, self._tail_s = latency, tail_s
        self._entry: Any = None
        self._reset_entry: Any = None

    @property
    def sidechain(self) -> bool:
        """Whether a sidechain can be wired to it."""
        return find_port(self.input_ports, role=SIDECHAIN) is not None

    def compile(self) -> int:
        """Compile (or load from the kernel cache) and return the address of the entry. [main]

        Raises AntiphonError with the file and line of what cannot be compiled.
        """
        signature = void(BLOCK_TYPE, from_dtype(self.state))
        if self._entry is None:
            try:
                entry = audio_entry(signature)(self.process)
                self._reset_entry = audio_entry(signature)(self.reset) if self.reset is not None else None
            except Exception as error:  # the file is anyone's
                raise file_fault(error, self.file, (*(self.state.names or ()), *(BLOCK.names or ()))) from error
            self._entry = entry
        return self._entry.address

    @property
    def file(self) -> str:
        """Where it is written."""
        if self.process is not None:
            return self.process.__code__.co_filename
        return str(sys.modules[type(self).__module__].__file__)

    def entries(self) -> list[Any]:
        """The compiled cfuncs of this device, for the purity gate."""
        self.compile()
        return [entry for entry in (self._entry, self._reset_entry) if entry is not None]

    def values(self, given: Mapping[str, Any]) -> dict[str, float]:
        """All parameter values, the given ones checked. Raises AntiphonError naming the device and the parameter."""
        table = {param.id: param for param in self.params}
        result = {param.id: param.default for param in self.params}
        for name, raw in given.items():
            if name not in table:
                hint = nearest(name, table, "it has")
                raise AntiphonError(f"device {self.name!r} has no parameter {name!r}; {hint}")
            try:
                result[name] = table[name].parse(raw)
            except AntiphonError as error:
                raise AntiphonError(f"device {self.name!r}: {error}") from None
        return result

    @property
    def option_names(self) -> tuple[str, ...]:
        """Names that a scene's `options` may have for it."""
        return tuple(option.name for option in self.options)

    def option_values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """All options, the given ones checked; a file that is not given is left out. Raises AntiphonError naming the
        device and the option."""
        table = {option.name: option for option in self.options}
        result = {name: option.default for name, option in table.items() if option.default is not None}
        for name, raw in given.items():
            if name not in table:
                hint = nearest(name, table, "it has") if table else "it has none"
                raise AntiphonError(f"device {self.name!r} has no option {name!r}; {hint}")
            try:
                result[name] = table[name].parse(raw)
            except AntiphonError as error:
                raise AntiphonError(f"device {self.name!r}: {error}") from None
        return result

    def make(self, sample_rate: float, options: Mapping[str, Any], values: Mapping[str, float]) -> Instance:
        """One instance, its options checked. [main] Raises AntiphonError, with the file and line of an unforeseen fault."""
        spec = Spec(sample_rate, MAX_FRAMES, self.option_values(options), values)
        try:
            return self.build(spec)
        except (AntiphonError, MemoryError):
            raise
        except Exception as error:  # the file is anyone's
            raise file_fault(error, self.file) from error

    def build(self, spec: Spec) -> Instance:
        """Allocate and prepare one instance. [main] Raises AntiphonError."""
        entry = self.compile()
        state = aligned(self.state.itemsize, np.uint8)
        if self._prepare is not None:
            self._prepare(state[: self.state.itemsize].view(self.state)[0], spec)
        tables = np.zeros(0, np.uint8)
        if self._tables is not None:
            raw = np.ascontiguousarray(self._tables(spec)).view(np.uint8).reshape(-1)
            tables = aligned(raw.size, np.uint8)
            tables[:] = raw
        return Instance(
            entry=entry,
            params=self.params,
            inputs=self.inputs,
            outputs=self.outputs,
            state=state,
            heap=aligned(int(_call(self._heap, spec)), np.float32),
            tables=tables,
            input_ports=self.input_ports,
            output_ports=self.output_ports,
            reset=self._reset_entry.address if self._reset_entry is not None else 0,
            latency=int(_call(self._latency, spec)),
            tail_s=float(_call(self._tail_s, spec)),
        )


def device(**options):
    """Decorator: make a Device of `process(block, state)`; options are those of `Device`."""

    def decorate(process: Callable) -> Device:
        doc = (process.__doc__ or "").strip()
        return Device(process=process, doc=doc, **options)

    return decorate
