"""Sound through PortAudio (ALSA, CoreAudio, WASAPI, ASIO), by sounddevice's library handle; [main] and supervisor.

The callback is portaudio_callback.py. For JACK and PipeWire take the `jack` driver: PortAudio's own JACK client can not
survive the loss of its server (closing hangs, terminating aborts the process).
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import time

from realtime.drivers import portaudio_callback as callback
from realtime.drivers import scheduling
from realtime.drivers.base import Driver
from realtime.native.errors import AntiphonError
from realtime.native.memory import aligned

NON_INTERLEAVED = 0x80000000
DEFAULT_FRAMES = 128
STALLED_S = 2.0
RETRY_S = 1.0
CLOSE_TIMEOUT_S = 5.0
log = logging.getLogger("antiphon.driver")


def sounddevice():
    """The sounddevice module, or one sentence on what is missing. Its import loads and starts PortAudio."""
    try:
        import sounddevice as module
    except OSError as error:
        raise AntiphonError(f"PortAudio can not be loaded ({error}): install libportaudio2.") from None
    return module


def devices() -> list[dict]:
    """The devices PortAudio sees: index, name, hostapi (its name), inputs, outputs, sample_rate, default."""
    sd = sounddevice()
    apis = sd.query_hostapis()
    default = default_output()
    return [
        {
            "index": index,
            "name": device["name"],
            "hostapi": apis[device["hostapi"]]["name"],
            "inputs": device["max_input_channels"],
            "outputs": device["max_output_channels"],
            "sample_rate": int(device["default_samplerate"]),
            "default": index == default,
        }
        for index, device in enumerate(sd.query_devices())
    ]


def refresh() -> None:
    """Look anew at what is plugged in: PortAudio lists devices only once, at its start. Nothing of it may be open."""
    sd = sounddevice()
    sd._terminate()
    sd._initialize()


def default_output() -> int | None:
    """Index of the system's default output, or None."""
    sd = sounddevice()
    index = sd._lib.Pa_GetDefaultOutputDevice()
    if index < 0:  # the default host API may be empty while another has a device
        index = next(
            (api["default_output_device"] for api in sd.query_hostapis() if api["default_output_device"] >= 0), -1
        )
    return index if index >= 0 else None


def find(pattern: str | int | None, direction: str) -> int:
    """Index of the device whose name (or "name, host API") matches; None: the default.

    direction: "outputs" or "inputs". Raises AntiphonError naming the devices there are.
    """
    found = devices()
    usable = [device for device in found if device[direction] > 0]
    if pattern is None:
        sd = sounddevice()
        if direction == "outputs":
            index = default_output()
        else:
            index = sd._lib.Pa_GetDefaultInputDevice()
        if index is not None and index >= 0:
            return index
        raise AntiphonError(
            f"PortAudio finds no device with {direction}: connect one, start JACK and use --driver jack, "
            f"or use --driver null."
        )
    if isinstance(pattern, int) or str(pattern).isdigit():
        chosen = [device for device in usable if device["index"] == int(pattern)]
    else:
        try:
            expression = re.compile(str(pattern), re.IGNORECASE)
        except re.error:
            expression = re.compile(re.escape(str(pattern)), re.IGNORECASE)
        chosen = [device for device in usable if expression.search(f"{device['name']}, {device['hostapi']}")]
    if not chosen:
        names = "; ".join(f"'{device['name']}'" for device in usable) or "none"
        raise AntiphonError(f"No audio device with {direction} matches '{pattern}'. There are: {names}.")
    # where one device shows up under several host APIs the system's default comes first
    return next((device["index"] for device in chosen if device["default"]), chosen[0]["index"])


class PortAudioDriver(Driver):
    """Options of `open`: device (name pattern or index of the output), input_device (likewise), latency_s (asked for;
    default: the device's low latency).
    """

    name = "portaudio"

    def __init__(self):
        super().__init__(callback.PORTAUDIO_CONTROL)
        self._stream = None
        self._missing: list[str] = []
        self._next_try = 0.0
        self._last_beat, self._last_beat_s = -1, 0.0
        self._raised_thread = 0

    @property
    def description(self) -> str:
        if not self._names:
            return "PortAudio, closed"
        return f"PortAudio: {' + '.join(self._names)}, {self.sample_rate} Hz, {self.frames} frames"

    _names: tuple[str, ...] = ()

    def latency_s(self) -> float:
        """Output latency as PortAudio reports it, seconds."""
        if self._stream is None:
            return 0.0
        return float(sounddevice()._lib.Pa_GetStreamInfo(self._stream).outputLatency)

    def realtime_report(self) -> scheduling.RealtimeReport:
        result = super().realtime_report()
        result.missing += [line for line in self._missing if line not in result.missing]
        return result

    def _open(
        self,
        frames: int | None,
        device: str | int | None = None,
        input_device: str | int | None = None,
        latency_s: float | None = None,
    ) -> None:
        self._device, self._input_device, self._latency_s = device, input_device, latency_s
        self._block_frames = frames or DEFAULT_FRAMES
        self._open_stream()

    def _parameters(self, index: int, channels: int, direction: str):
        sd = sounddevice()
        info = sd.query_devices(index)
        if info[f"max_{direction}_channels"] < channels:
            raise AntiphonError(
                f"'{info['name']}' has {info[f'max_{direction}_channels']} {direction} channels and the scene needs "
                f"{channels}: choose another device or a scene with fewer."
            )
        latency = self._latency_s if self._latency_s is not None else info[f"default_low_{direction}_latency"]
        fields = {
            "device": index,
            "channelCount": channels,
            "sampleFormat": sd._lib.paFloat32 | NON_INTERLEAVED,
            "suggestedLatency": latency,
            "hostApiSpecificStreamInfo": sd._ffi.NULL,
        }
        return info["name"], sd._ffi.new("PaStreamParameters*", fields)

    def _open_stream(self) -> None:
        sd = sounddevice()
        lib, ffi = sd._lib, sd._ffi
        inputs, outputs = self.engine.inputs, self.engine.outputs
        if inputs + outputs == 0:
            raise AntiphonError("The scene has neither inputs nor outputs: PortAudio needs at least one channel.")
        names, sides = [], {"input": ffi.NULL, "output": ffi.NULL}
        if outputs:
            index = find(self._device, "outputs")
            name, sides["output"] = self._parameters(index, outputs, "output")
            names.append(name)
        if inputs:
            name, sides["input"] = self._parameters(self._find_input(), inputs, "input")
            names += [name] if name not in names else []
        rate = float(self.engine.sample_rate)
        stream = ffi.new("PaStream**")
        self._silence = aligned(8192)
        record = self.control.record
        record["silent_in"] = self._silence.ctypes.data
        record["sample_rate"], record["frames"], record["lost"], record["thread_id"] = (
            int(rate),
            self._block_frames,
            0,
            0,
        )
        error = lib.Pa_OpenStream(
            stream,
            sides["input"],
            sides["output"],
            rate,
            self._block_frames,
            lib.paClipOff,
            ffi.cast("PaStreamCallback*", callback.stream.address),
            ffi.cast("void*", self.control.address),
        )
        if error != 0:
            text = ffi.string(lib.Pa_GetErrorText(error)).decode()
            raise AntiphonError(
                f"'{' + '.join(names)}' can not be opened at {int(rate)} Hz, {self._block_frames} frames ({text}): "
                f"try another --rate, --frames or --device."
            )
        self._stream, self._names = stream[0], tuple(names)
        lib.Pa_SetStreamFinishedCallback(
            self._stream, ffi.cast("PaStreamFinishedCallback*", callback.on_finished.address)
        )

    def _find_input(self) -> int:
        if self._input_device is not None or self._device is None:
            return find(self._input_device, "inputs")
        try:
            return find(self._device, "inputs")  # the same interface, if it records too
        except AntiphonError:
            return find(None, "inputs")

    def _start(self) -> None:
        self._missing = [line for line in (scheduling.lock_memory(),) if line]
        self._start_stream()

    def _start_stream(self) -> None:
        sd = sounddevice()
        self.control.record["stop"] = 0
        self._last_beat, self._last_beat_s = -1, time.monotonic()
        error = sd._lib.Pa_StartStream(self._stream)
        if error != 0:
            text = sd._ffi.string(sd._lib.Pa_GetErrorText(error)).decode()
            raise AntiphonError(f"'{' + '.join(self._names)}' does not start ({text}): another program may hold it.")

    def _stop(self) -> None:
        self.control.record["stop"] = 1
        sounddevice()._lib.Pa_StopStream(self._stream)

    def _close(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            self._guarded(sounddevice()._lib.Pa_CloseStream, stream)

    def _guarded(self, function, *arguments) -> bool:
        """Call what may hang on a device that has gone; False if it does."""
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        thread.start()
        thread.join(CLOSE_TIMEOUT_S)
        return not thread.is_alive()

    # -- supervision -------------------------------------------------------------------------------------------------
    def _is_lost(self) -> str:
        if self.control.record["lost"]:
            return f"'{' + '.join(self._names)}' has gone"
        now = time.monotonic()
        if self.callbacks != self._last_beat:
            self._last_beat, self._last_beat_s = self.callbacks, now
        elif now - self._last_beat_s > STALLED_S:
            return f"'{' + '.join(self._names)}' has asked for no block for {STALLED_S:g} s"
        return ""

    def _tick(self) -> None:
        """ALSA's callback thread is an ordinary one: raise it. CoreAudio, WASAPI and JACK have raised theirs."""
        thread_id = int(self.control.record["thread_id"])
        if sys.platform != "linux" or thread_id in (0, self._raised_thread):
            return
        self._raised_thread = thread_id
        if not scheduling.report(self.name, thread_id).realtime:
            refused = scheduling.raise_priority(thread_id)
            if refused:
                self._missing.append(refused)

    def _discard(self) -> None:
        self.control.record["stop"] = 1
        self._next_try = time.monotonic() + RETRY_S
        self._close()

    def _recover(self) -> bool:
        now = time.monotonic()
        if now < self._next_try:
            return False
        self._next_try = now + RETRY_S
        sd = sounddevice()
        # PortAudio lists devices only once, at its start
        if not self._guarded(sd._terminate):
            log.error("PortAudio does not let go of the lost device: restart Antiphon to use it again")
            self._next_try = now + 3600
            return False
        sd._initialize()
        try:
            self._open_stream()
            self._start_stream()
        except AntiphonError:
            self._close()
            return False
        self.control.record["muted"] = 0
        return True
