"""A file described in numbers: sound (WAV, FLAC, Ogg, MP3) or notes (MIDI), as a flat table, JSON and a picture;
[workshop]."""

from __future__ import annotations

import json as json_format
from pathlib import Path

import numpy as np

from export.features import onsets, pitch_of_sound, shape, spectrum
from export.features.feature import Feature, by_name, number
from export.features.melody_and_texture import melody, texture
from export.features.rhythm import rhythm
from export.features.sound import Sound, load_sound
from export.features.tonality import tonality
from realtime.music.keyfinding import key_clarity, rank_keys
from realtime.music.midifile import read_midi
from realtime.music.pitch import key_name
from realtime.music.sequence import NoteSequence
from realtime.native.errors import AntiphonError

MIDI_SUFFIXES = (".mid", ".midi", ".smf", ".kar")
# too many rows for a table of numbers; they are in the picture
NOT_IN_TABLE = ("stft", "mel", "cqt", "cepstrum", "gammatone")


def sound_features(sound: Sound) -> dict[str, Feature]:
    """All descriptors of a sound by name."""
    magnitudes = spectrum.stft(sound)
    bands = spectrum.mel(sound, magnitudes)
    transform = pitch_of_sound.cqt(sound)
    strength = onsets.onset_strength(sound)
    return by_name(
        [
            magnitudes,
            bands,
            spectrum.mfcc(sound, bands),
            spectrum.gammatone(sound, magnitudes),
            spectrum.gfcc(sound, magnitudes),
            spectrum.cepstrum(sound, magnitudes),
            shape.rms_db(sound),
            shape.zero_crossings(sound),
            *shape.spectral_shape(sound, magnitudes).values(),
            pitch_of_sound.chroma(sound, magnitudes),
            transform,
            pitch_of_sound.chroma_cqt(sound, transform),
            pitch_of_sound.f0(sound),
            strength,
            onsets.onset_times(sound, strength),
            *onsets.beat(sound, strength).values(),
        ]
    )


def note_features(sequence: NoteSequence) -> dict[str, Feature]:
    """All descriptors of notes by name. Raises AntiphonError of no notes."""
    if not sequence.notes:
        raise AntiphonError(f"Piece {sequence.name or 'without name'}: has no notes to describe; give one that has.")
    return {**rhythm(sequence), **tonality(sequence), **melody(sequence), **texture(sequence)}


def describe_audio(path: str | Path | Sound) -> dict[str, float]:
    """A sound file as a flat table of numbers. Raises AntiphonError."""
    sound = path if isinstance(path, Sound) else load_sound(path)
    return _sound_table(sound, sound_features(sound))


def _sound_table(sound: Sound, features: dict[str, Feature]) -> dict[str, float]:
    f0, found, beats = features["f0"].values, features["onset_times"].values, features["beats"].values
    voiced = f0[np.isfinite(f0)]
    energy = np.nan_to_num(features["chroma_cqt"].values).sum(axis=1)
    key = rank_keys(energy)[0]
    extra = [
        number("duration", sound.duration_s, "s"),
        number("onsets_per_second", len(found) / sound.duration_s, "1/s"),
        number("beats", len(beats), "beats"),
        number("voiced_share", float(np.isfinite(f0).mean()), "share"),
        number("f0_median", float(np.median(voiced)) if len(voiced) else None, "Hz"),
        number("key_tonic", key.tonic, "0..11"),
        number("mode_major", float(key.mode == "major"), "0 or 1"),
        number("key_clarity", key_clarity(energy), "correlation"),
    ]
    table: dict[str, float] = {}
    for feature in [*extra, *features.values()]:
        if feature.name not in (*NOT_IN_TABLE, "onset_times", "beats") or feature.values.ndim == 0:
            table |= feature.summary()
    return table


def describe_notes(sequence: NoteSequence) -> dict[str, float]:
    """Notes as a flat table of numbers. Raises AntiphonError of no notes."""
    table: dict[str, float] = {"duration": sequence.duration_s, "notes": float(len(sequence.notes))}
    for feature in note_features(sequence).values():
        table |= feature.summary()
    return table


def describe(path: str | Path, json: bool = False, picture: str | Path | None = None) -> str:
    """The description of a sound or MIDI file as text: JSON {"file", "kind", "numbers": {name: number}} or a table for
    the reader; with `picture` a PNG is drawn too. Raises AntiphonError."""
    path = Path(path)
    if path.suffix.lower() in MIDI_SUFFIXES:
        kind = "notes"
        sequence = read_midi(path)
        numbers = describe_notes(sequence)
        if picture:
            from export.features.picture import draw_notes

            draw_notes(sequence, note_features(sequence), picture, path.name)
    else:
        kind = "sound"
        sound = load_sound(path)
        features = sound_features(sound)
        numbers = _sound_table(sound, features)
        if picture:
            from export.features.picture import draw_sound

            draw_sound(sound, features, picture, path.name)
    if json:
        return json_format.dumps({"file": str(path), "kind": kind, "numbers": numbers})
    key = (
        key_name(int(numbers["key_tonic"]), "major" if numbers["mode_major"] else "minor") if _has_key(numbers) else "-"
    )
    lines = [f"{path.name}: {kind}, key {key}"]
    width = max(len(name) for name in numbers)
    return "\n".join([*lines, *(f"  {name:<{width}}  {value:12.4f}" for name, value in numbers.items())])


def _has_key(numbers: dict[str, float]) -> bool:
    return "key_tonic" in numbers
