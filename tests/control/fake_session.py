"""A pretended session: the tree of six devices, a player and a mixer, with streams that move; for tests and pictures.

Run it by hand: `python -m tests.control.fake_session [--port N]`, then `python -m ui.panel --port N`.
"""

import argparse
import math
import threading
import time
from dataclasses import dataclass

import numpy as np

from realtime.contract.limits import LOUDEST_DB, SILENT_DB
from realtime.control import nodes
from realtime.control.osc import ControlServer
from realtime.control.tree import Node, Tree
from realtime.engine.mix import FEED_PARAMS

SAMPLE_RATE = 48000.0


@dataclass(frozen=True)
class Param:
    """The columns of the device contract's Param."""

    id: str
    title: str
    unit: str = ""
    minimum: float = 0.0
    maximum: float = 1.0
    default: float = 0.0
    curve: str = "lin"
    labels: tuple[str, ...] = ()
    stepped: bool = False
    doc: str = ""


WAVES = ("saw", "square", "triangle", "sine")


def _adsr(prefix, title):
    return (
        Param(f"{prefix}_attack_s", f"{title} attack", "s", 0.001, 10.0, 0.005, "log", doc="Time to full level."),
        Param(f"{prefix}_decay_s", f"{title} decay", "s", 0.001, 20.0, 0.4, "log"),
        Param(f"{prefix}_sustain", f"{title} sustain", "", 0.0, 1.0, 0.6),
        Param(f"{prefix}_release_s", f"{title} release", "s", 0.001, 20.0, 0.35, "log"),
    )


def _osc(number):
    at, title = f"osc{number}", f"Osc {number}"
    return (
        Param(f"{at}_wave", f"{title} wave", "", 0, 3, 0, "enum", WAVES),
        Param(f"{at}_pitch_st", f"{title} pitch", "st", -24, 24, 0, stepped=True),
        Param(f"{at}_fine_ct", f"{title} fine", "cents", -100, 100, 4.0),
        Param(f"{at}_width", f"{title} width", "", 0.05, 0.95, 0.5),
        Param(f"{at}_level_db", f"{title} level", "dB", -60, 6, -6.0),
    )


DEVICES = (
    (
        "poly",
        "Poly",
        "instrument",
        (
            *_osc(1),
            *_osc(2),
            Param("sub_level_db", "Sub level", "dB", -60, 6, -18.0),
            Param("noise_level_db", "Noise level", "dB", -60, 6, -60.0),
            Param("unison_voices", "Unison voices", "", 1, 8, 3, stepped=True),
            Param("unison_detune_ct", "Unison detune", "cents", 0, 100, 14.0),
            Param("unison_spread", "Unison spread", "", 0, 1, 0.7),
            Param("filter_mode", "Filter mode", "", 0, 2, 0, "enum", ("low", "band", "high")),
            Param(
                "filter_cutoff_hz", "Filter cutoff", "Hz", 20.0, 20000.0, 1850.0, "log", doc="Where the filter bends."
            ),
            Param("filter_resonance", "Filter resonance", "", 0, 1, 0.3),
            Param("filter_drive_db", "Filter drive", "dB", 0, 36, 6.0),
            Param("filter_env_st", "Filter envelope", "st", -96, 96, 36.0),
            Param("filter_key", "Filter key follow", "", 0, 1, 0.5),
            *_adsr("amp", "Amp"),
            *_adsr("mod", "Mod"),
            Param("lfo1_wave", "LFO 1 wave", "", 0, 3, 3, "enum", WAVES),
            Param("lfo1_rate_hz", "LFO 1 rate", "Hz", 0.01, 40, 5.2, "log"),
            Param("lfo1_pitch_ct", "LFO 1 pitch", "cents", 0, 1200, 6.0),
            Param("lfo2_sync", "LFO 2 sync", "", 0, 1, 1, "bool"),
            Param("lfo2_rate_hz", "LFO 2 rate", "Hz", 0.01, 40, 0.4, "log"),
            Param("lfo2_cutoff_st", "LFO 2 cutoff", "st", 0, 96, 12.0),
            Param("glide_s", "Glide", "s", 0, 5, 0.0),
            Param("mono", "Mono", "", 0, 1, 0, "bool"),
        ),
    ),
    (
        "amp",
        "Neural amp: plexi 59",
        "neural",
        (
            Param("input_db", "Input", "dB", -24, 24, 3.0),
            Param("output_db", "Output", "dB", -24, 24, -2.0),
            Param("mix", "Mix", "", 0, 1, 1),
        ),
    ),
    (
        "equaliser",
        "Parametric EQ",
        "effect",
        tuple(
            param
            for band, hz in enumerate((80, 400, 2500, 9000), 1)
            for param in (
                Param(f"band{band}_freq_hz", f"Band {band} frequency", "Hz", 20, 20000, hz, "log"),
                Param(f"band{band}_gain_db", f"Band {band} gain", "dB", -18, 18, (1.5, -2.0, 0.0, 3.0)[band - 1]),
                Param(f"band{band}_q", f"Band {band} Q", "", 0.1, 12, 0.9, "log"),
            )
        ),
    ),
    (
        "compressor",
        "Compressor",
        "effect",
        (
            Param("threshold_db", "Threshold", "dB", -60, 0, -18.0),
            Param("ratio", "Ratio", ":1", 1, 20, 4.0, "log"),
            Param("knee_db", "Knee", "dB", 0, 24, 6.0),
            Param("attack_s", "Attack", "s", 0.0001, 0.2, 0.005, "log"),
            Param("release_s", "Release", "s", 0.01, 2, 0.12, "log"),
            Param("makeup_db", "Make-up", "dB", 0, 24, 3.0),
            Param("detector", "Detector", "", 0, 1, 1, "enum", ("peak", "RMS")),
            Param("mix", "Mix", "", 0, 1, 1),
        ),
    ),
    (
        "delay",
        "Delay",
        "effect",
        (
            Param("sync", "Sync", "", 0, 1, 1, "bool"),
            Param("division", "Division", "", 0, 5, 3, "enum", ("1/16", "1/8T", "1/8", "1/8.", "1/4", "1/2")),
            Param("time_s", "Time", "s", 0.001, 2, 0.375, "log"),
            Param("feedback", "Feedback", "", 0, 0.98, 0.42),
            Param("tone_hz", "Tone", "Hz", 200, 20000, 5200, "log"),
            Param("width", "Width", "", 0, 1, 0.8),
            Param("mix", "Mix", "", 0, 1, 0.22),
        ),
    ),
    (
        "reverb",
        "Reverb",
        "effect",
        (
            Param("predelay_s", "Pre-delay", "s", 0, 0.25, 0.02),
            Param("decay_s", "Decay", "s", 0.2, 30, 2.8, "log"),
            Param("size", "Size", "", 0, 1, 0.6),
            Param("damping_hz", "Damping", "Hz", 500, 20000, 6500, "log"),
            Param("width", "Width", "", 0, 1, 1.0),
            Param("mix", "Mix", "", 0, 1, 0.28),
        ),
    ),
)
PLAYERS = (
    (
        "answer",
        "Answer",
        (
            Param("temperature", "Temperature", "", 0.1, 2, 0.9),
            Param("density", "Density", "", 0, 1, 0.5),
            Param("range_low", "Lowest key", "", 0, 127, 48, stepped=True),
            Param("range_high", "Highest key", "", 0, 127, 84, stepped=True),
            Param("seed", "Seed", "", 0, 9999, 7, stepped=True),
        ),
    ),
)
SCENES = ["first light", "glass bells", "night drive", "plexi lead"]
PHRASE = ((60, 0.0), (63, 0.5), (67, 1.0), (70, 1.5), (68, 2.0), (67, 2.5), (63, 3.0), (62, 3.5))


class FakeSession:
    """A server over a tree whose setters only remember; `midi`, `panics` and `loaded` tell what reached it."""

    def __init__(self, port: int = 0, *, announce: bool = False, moving: bool = False, devices=DEVICES) -> None:
        self.tree = Tree()
        self.midi: list[tuple[int, int, int]] = []
        self.panics = 0
        self.loaded: list[str] = ["first light"]
        self.recording = ""
        self.started = time.monotonic()
        self.played_beats = 0.0
        self.values: dict[str, object] = {}
        self.fill(devices)
        self.server = ControlServer(self.tree, port, announce=announce).start()
        self.port = self.server.port
        self._stop = threading.Event()
        self._mover = threading.Thread(target=self._move, daemon=True)
        if moving:
            self.tree.set("/transport/playing", True)
            self._mover.start()

    def fill(self, devices=DEVICES) -> None:
        """Puts everything in the tree."""
        tree = self.tree
        self.fill_rack(devices)
        for number, (name, title, params) in enumerate(PLAYERS, 1):
            tree.add(*nodes.player_nodes(number, name, title, params))
        tree.add(*nodes.value_nodes("/transport", nodes.TRANSPORT, self._bind_transport))
        tree.add(*nodes.value_nodes("/engine", nodes.ENGINE, self._bind_engine))
        for track in ("keys", "drums"):
            tree.add(*nodes.strip_nodes(track, track, FEED_PARAMS, lambda name: (None, None)))
            tree.add(nodes.send_node(track, track, ("hall", "hall"), FEED_PARAMS[0], None, None))
        tree.add(Node("/mix/master/gain_db", range=(SILENT_DB, LOUDEST_DB), default=0.0, unit="dB", title="Master"))
        tree.add(
            *nodes.session_nodes(
                scenes=lambda: SCENES,
                get_scene=lambda: self.loaded[-1],
                load_scene=self._load,
                panic=self._panic,
                midi=lambda *message: self.midi.append(message),
                record=self._record,
                recording=lambda: self.recording,
                record_state=lambda: "recording" if self.recording else "stopped",
                log=lambda: "Scene 'first light' loaded: 6 devices, 0.2 s; compiled net chosen for plexi 59.",
            )
        )

    def fill_rack(self, devices) -> None:
        """Replaces the rack, as a scene change does."""
        rack = []
        for number, (name, title, kind, params) in enumerate(devices, 1):
            load = (
                (lambda number=number: round(1.0 + 2.5 / number + 0.2 * math.sin(time.monotonic() + number), 2))
                if self.moving_load
                else None
            )
            rack += nodes.device_nodes(number, name, title, params, load=load, kind=kind)
        self.tree.replace("/rack", rack)

    moving_load = True

    def stop(self) -> None:
        self._stop.set()
        if self._mover.is_alive():
            self._mover.join()
        self.server.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _bind_transport(self, name):
        if name == "beat":
            return (lambda: self.played_beats), None
        if name == "bar":
            return (lambda: int(self.played_beats // 4)), None
        return None, None

    def _bind_engine(self, name):
        table = {
            "driver": "jack, 2 in, 2 out",
            "sample_rate": SAMPLE_RATE,
            "frames": 64,
            "late": 0,
            "xruns": 0,
        }
        if name == "load":
            return (lambda: 11.5), None
        return (lambda: table[name]), None

    def _load(self, name):
        if name not in SCENES:
            raise ValueError(f"there is no scene {name!r}")
        self.loaded.append(name)

    def _record(self, path):
        self.recording = path

    def _panic(self):
        self.panics += 1

    def _move(self) -> None:
        """Streams like a session: scope, meters and notes at about 60 Hz."""
        phase, sounding, planned = 0, [], -1
        while not self._stop.wait(1 / 60):
            now = time.monotonic() - self.started
            self.played_beats = now * 2.0
            frames = int(now * SAMPLE_RATE) - phase
            if frames <= 0:
                continue
            at = (phase + np.arange(frames)) / SAMPLE_RATE
            phase += frames
            swell = 0.55 + 0.3 * math.sin(now * 1.7)
            tone = sum(np.sin(2 * np.pi * 110 * k * at + k * k) / k**1.3 for k in range(1, 40))
            left = 0.32 * swell * tone + 0.002 * np.random.default_rng(phase).standard_normal(frames)
            right = 0.28 * swell * np.roll(tone, 12)
            self.server.publish_scope(np.stack([left, right]).astype(np.float32), SAMPLE_RATE)
            peak = [20 * math.log10(max(1e-6, float(np.abs(side).max()))) for side in (left, right)]
            rms = [20 * math.log10(max(1e-6, float(np.sqrt((side**2).mean())))) for side in (left, right)]
            self.server.publish_meters(
                {
                    "peak_l_db": peak[0],
                    "peak_r_db": peak[1],
                    "rms_l_db": rms[0],
                    "rms_r_db": rms[1],
                    "limiter_db": -max(0.0, 2.5 * math.sin(now * 1.7)),
                    "load_percent": 11.5 + 2 * math.sin(now),
                    "load_p99_percent": 17.0,
                    "load_max_percent": 24.0,
                    "late": 0,
                    "xruns": 0,
                    "latency_ms": 4.0,
                }
            )
            beat = self.played_beats
            step = int(beat * 2)
            if step != planned:
                planned = step
                self.server.publish_notes([(source, False, key, 0.0, beat) for source, key in sounding])
                key, _ = PHRASE[step % len(PHRASE)]
                source = "you" if (step // 8) % 2 == 0 else "answer"
                sounding = (
                    [(source, key), (source, key - 12)] if step % 4 == 0 else [(source, key + 12 * (source != "you"))]
                )
                self.server.publish_notes(
                    [(name, True, note, 0.5 + 0.4 * (step % 3) / 2, beat) for name, note in sounding]
                )


def registered_devices() -> tuple:
    """The real devices with their real tables."""
    from realtime.devices import registry

    return tuple((one.name, one.title, one.kind, one.params) for one in registry.devices().values())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--real", action="store_true", help="the rack holds one of every registered device")
    args = parser.parse_args()
    devices = registered_devices() if args.real else DEVICES
    with FakeSession(args.port, announce=True, moving=True, devices=devices) as session:
        print(session.port, flush=True)
        time.sleep(args.seconds)


if __name__ == "__main__":
    main()
