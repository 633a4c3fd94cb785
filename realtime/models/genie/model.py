"""genie: eight buttons play eighty-eight keys, in the chord that sounds or without one; [player process] (Donahue et al.
2019)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from random import Random

import numpy as np

import realtime.models.genie.code as code
from realtime.contract.param import Param
from realtime.models.base import NoteModel
from realtime.models.genie.pattern import Press, own_presses, prompt_presses
from realtime.models.net import Net
from realtime.music.chord import Chord
from realtime.music.scale import SCALES, pitch_classes
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.native.errors import AntiphonError
from realtime.neural.package import Package
from realtime.sampling.drawing import FORBIDDEN, draw
from realtime.sampling.line_guard import Line
from realtime.sampling.masks import range_mask, relaxed, scale_mask

PITCHES = np.arange(code.KEYS) + code.LOWEST_PITCH
WINDOW = 128  # notes the encoder takes at once
SCALE_NAMES = ("off", *SCALES)


class Genie(NoteModel):
    """The live instrument, and a generator that presses its own buttons.

    Live: `press` for each button going down, `release` for each going up. One press is one run of the net.
    """

    name = "genie"
    CODE = code.CODE
    PARAMS = (
        Param("temperature", "Temperature", "", 0.0, 2.0, 0.8, doc="0: always the likeliest key."),
        Param("top_p", "Nucleus", "", 0.1, 1.0, 0.95, doc="Draws among the likeliest keys of this mass."),
        Param("contour", "Contour", "nats", 0.0, 20.0, 6.0,
              doc="How hard it is for a key to fall when the button rises; 0: only what the model learned."),
        Param("lowest", "Lowest pitch", "", 21, 108, 33, stepped=True),
        Param("highest", "Highest pitch", "", 21, 108, 96, stepped=True),
        Param("scale", "Scale", "", 0, len(SCALE_NAMES) - 1, 0, "enum", SCALE_NAMES, doc="Only keys of this scale."),
        Param("tonic", "Tonic", "", 0, 11, 0, stepped=True, doc="Of the scale, and of its own chords; C is 0."),
        Param("texture", "Texture", "", 0, 1, 1, "enum", code.TEXTURES),
        Param("chords", "Follow chords", "", 0, 1, 1, "bool", doc="Off: the net is not told the chord."),
        Param("tempo_bpm", "Tempo", "bpm", 30.0, 300.0, 100.0, doc="Of generated music without a prompt."),
    )  # fmt: skip

    def __init__(self, package: Package):
        super().__init__(package)
        self.player, self.encoder = Net(package, "play"), Net(package, "encode")
        self.guard = np.ascontiguousarray(package.table("guard"), np.uint8)
        self.values = self.settings({})
        self.random = Random(1)
        self.reset()

    def configure(self, **values: float) -> None:
        """Sets parameters by id for the presses to come. Raises AntiphonError for an unknown one."""
        self.values |= self.settings({**self.values, **values})

    def reset(self, seed: int = 1) -> None:
        """Forgets what was played; nothing is held."""
        self.player.reset()
        self.random = Random(seed)
        self.before, self.button_before = code.START_KEY, -1
        self.time_before: float | None = None
        self.held: dict[int, int] = {}

    # live ------------------------------------------------------------------------------------------------------------

    def feed(
        self, button: int | None, wait_s: float, chord: np.ndarray | None, texture: float | None = None
    ) -> np.ndarray:
        """One run: (88,) logits of the keys for a press after some seconds; button None: the net plays on by itself.

        chord: see code.chord_vector; None: no chord.
        """
        inputs = self.player.inputs
        inputs["before"][...] = self.before
        value = 0.0 if button is None else code.button_value(button)
        change = 0.0 if button is None or self.button_before < 0 else value - code.button_value(self.button_before)
        inputs["press"][...] = (value, change, float(button is not None))
        inputs["wait_s"][...] = min(max(wait_s, 0.0), code.LONGEST_WAIT_S)
        inputs["chord"][...] = 0.0 if chord is None else chord
        inputs["texture"][...] = self.values["texture"] if texture is None else texture
        return self.player.run()["logits"].reshape(-1)

    def remember(self, key: int, button: int | None) -> None:
        """The key that was played for the press fed last."""
        self.before = key
        self.button_before = -1 if button is None else button

    def biases(self, button: int | None) -> list[np.ndarray]:
        """What the settings and the hand forbid or discourage, the weightiest first."""
        v = self.values
        lowest, highest = sorted((int(v["lowest"]), int(v["highest"])))
        found = [range_mask(PITCHES, lowest, highest)]
        held = np.zeros(code.KEYS)
        held[[p - code.LOWEST_PITCH for p in self.held.values()]] = FORBIDDEN
        found.append(held)
        if v["scale"]:
            found.append(scale_mask(PITCHES, pitch_classes(int(v["tonic"]), SCALE_NAMES[int(v["scale"])])))
        if button is not None and self.button_before >= 0 and self.before < code.KEYS and v["contour"] > 0:
            keys = np.arange(code.KEYS)
            if button > self.button_before:
                found.append(np.where(keys <= self.before, -v["contour"], 0.0))
            elif button < self.button_before:
                found.append(np.where(keys >= self.before, -v["contour"], 0.0))
        return found

    def press(
        self,
        button: int | None,
        seconds: float,
        chord: Chord | None = None,
        barred: Callable[[int], bool] = lambda pitch: False,
    ) -> int | None:
        """Button 0..7 (left is low) goes down at a time of any clock: the MIDI pitch to play, or None if that button is
        down already or no key is free.

        button None: it plays a note of its own accord. chord: what sounds now; None: unknown. barred: pitches that are
        not to be played, however likely.
        """
        if button is not None and not 0 <= button < code.BUTTONS:
            raise AntiphonError(f"Button {button}: there are buttons 0 to {code.BUTTONS - 1}.")
        if button in self.held:
            return None
        wait = code.LONGEST_WAIT_S if self.time_before is None else seconds - self.time_before
        follow = chord is not None and self.values["chords"]
        vector = code.chord_vector(chord.root, chord.classes) if chord is not None and follow else None
        logits = relaxed(self.feed(button, wait, vector), *self.biases(button))
        key = draw(logits, self.random, self.values["temperature"], self.values["top_p"])
        while key >= 0 and barred(int(PITCHES[key])):
            logits[key] = FORBIDDEN
            key = draw(logits, self.random, self.values["temperature"], self.values["top_p"])
        if key < 0:
            return None
        self.remember(key, button)
        self.time_before = seconds
        pitch = int(PITCHES[key])
        if button is not None:
            self.held[button] = pitch
        return pitch

    def release(self, button: int) -> int | None:
        """Button goes up: the pitch to end, or None if it held none."""
        return self.held.pop(button, None)

    # generating ------------------------------------------------------------------------------------------------------

    def encode(self, pitches: Sequence[int], onsets_s: Sequence[float]) -> list[int]:
        """The buttons 0..7 that the trained encoder would press for these notes (any number of them)."""
        keys = np.array([code.key_of(p) for p in pitches], np.int64)
        waits = code.waits(onsets_s) if len(keys) else np.zeros(0, np.float32)
        buttons: list[int] = []
        for start in range(0, len(keys), WINDOW):
            part = slice(start, start + WINDOW)
            count = len(keys[part])
            for name, row in (("keys", keys[part]), ("waits_s", waits[part]), ("mask", np.ones(count))):
                self.encoder.inputs[name][...] = 0
                self.encoder.inputs[name][0, :count] = row
            values = self.encoder.run()["values"].reshape(-1)[:count]
            buttons += code.nearest_buttons(values).tolist()
        return buttons

    def generate(self, prompt: NoteSequence | None, bars: int, seed: int, **values: float) -> NoteSequence:
        """Presses of its own, played by the net: with a prompt, the rhythm and the contour of the prompt's bars, varied,
        over the prompt's chords; without, arcs over a chord progression in `tonic`, four bars a phrase, AABA.

        Raises AntiphonError for a prompt without pitched notes.
        """
        v = self.settings(values, bars)
        before, self.values = self.values, v
        self.reset(seed)
        random = Random(seed)
        try:
            if prompt is None:
                metre, tempo = Metre(0.0, 4, 4), v["tempo_bpm"]
                presses = own_presses(bars, random, int(v["tonic"]), v["texture"] > 0)
            else:
                metre, tempo = _metre_of(prompt), prompt.tempo.tempo_bpm(0.0)
                presses = prompt_presses(prompt, bars, random, self.encode)
            notes = self._performed(presses, tempo)
        finally:
            self.values = before
            self.reset()
        return NoteSequence(notes, TempoMap([(0.0, tempo)]), [metre], f"genie {seed}")

    def _performed(self, presses: Sequence[Press], tempo_bpm: float) -> list[Note]:
        """Every press played in time; a note ends before its key is struck again. The highest notes complete no run of
        the training music."""
        notes: list[Note] = []
        sounding: dict[int, int] = {}
        line = Line(self.guard, scale=1)
        tick, top = -1, -1  # of what is struck together

        def copied(pitch: int) -> bool:
            return line.knows(tick, max(pitch, top))

        for press, after in zip_longest(presses, presses[1:]):
            if (now := round(24 * press.beat)) > tick:
                self.held.clear()
                tick, top = now, -1
            whole = after is None or round(24 * after.beat) > tick  # the last of those struck together
            seconds = press.beat * 60.0 / tempo_bpm
            pitch = self.press(press.button, seconds, press.chord, *([copied] if whole else []))
            top = max(top, -1 if pitch is None else pitch)
            if whole and top >= 0:
                line.add(tick, top)
            if pitch is None:
                continue
            earlier = sounding.get(pitch)
            if earlier is not None and notes[earlier].end > press.beat:
                notes[earlier] = notes[earlier]._replace(duration=max(1 / 48, press.beat - notes[earlier].beat))
            sounding[pitch] = len(notes)
            notes.append(Note(press.beat, press.duration, pitch, press.velocity))
        return notes


def _metre_of(sequence: NoteSequence) -> Metre:
    metre = sequence.metre_at(0.0)
    return Metre(0.0, metre.numerator, metre.denominator)
