"""Writes music with a player's model off stage: a MIDI prompt in, bars of notes out; no torch; [main]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from realtime.models.base import model_class, model_names
from realtime.music import melody_code as code
from realtime.music.keyfinding import find_key
from realtime.music.midifile import read_midi, write_midi
from realtime.music.rhythm import quantise
from realtime.music.scale import key_classes
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.native.errors import AntiphonError
from realtime.players.answer_net import load_composer
from realtime.players.composer import Composer, Taste

PACKAGES = Path(__file__).resolve().parents[2] / "models_onnx"
CALL_BARS = 2
TURN_BARS = 4  # longer pieces are turns of at most so many bars, each answering the one before


def prompt_ticks(sequence: NoteSequence, origin: float) -> list[list[int]]:
    """The upper line of a sequence on the grid: [tick from `origin`, duration, pitch]; drums are left out."""
    grid: list[list[int]] = []
    for note in sequence.notes:
        if note.channel == 9:
            continue
        tick = quantise(note.beat - origin)
        if grid and tick <= grid[-1][0]:
            grid[-1][2] = max(grid[-1][2], note.pitch)
            continue
        if grid:
            grid[-1][1] = min(grid[-1][1], tick - grid[-1][0])
        grid.append([tick, max(3, round(note.duration * code.TICKS)), note.pitch])
    return grid


def hear_line(composer: Composer, notes: list[list[int]], metre: Metre) -> None:
    """Feeds a call to the composer, in the key and register it finds there."""
    pitches, durations = [n[2] for n in notes], [n[1] for n in notes]
    key = find_key(pitches, durations)
    composer.set_frame(code.Frame.around(key.tonic, key.mode, sum(pitches) / len(pitches)))
    composer.begin(code.CALL, notes[0][0] // code.TICKS * code.TICKS, 0, metre.numerator, metre.denominator)
    for i, (tick, _, pitch) in enumerate(notes):
        composer.hear(tick, pitch, notes[i - 1][1] if i else 0)
    composer.lines[-1].notes[-1][1] = durations[-1]


def taste_for(composer: Composer, notes: list[list[int]], spread: int = 5, **wishes: Any) -> Taste:
    """Key guard and range as `answer` sets them after hearing `notes`."""
    pitches = [n[2] for n in notes]
    tonic, mode = composer.frame.origin % 12, composer.frame.mode or "major"
    outside = [p % 12 for p in pitches if p % 12 not in key_classes(tonic, mode)]
    taste = Taste(
        lowest=max(0, min(pitches) - spread),
        highest=min(127, max(pitches) + spread),
        notes_per_beat=max(0.5, len(notes) * code.TICKS / max(code.TICKS, notes[-1][0] + notes[-1][1] - notes[0][0])),
        tonic=tonic,
        mode=mode,
        also=frozenset(p for p in outside if outside.count(p) >= 2),
    )
    try:
        return replace(taste, **wishes)
    except TypeError:
        raise AntiphonError(
            f"Generating takes {', '.join(Taste.__dataclass_fields__)}, not {', '.join(wishes)}."
        ) from None


def write_line(
    composer: Composer, taste: Taste, random: Random, role: int, start: int, length: int, metre: Metre
) -> list[list[int]]:
    """One turn of `length` ticks written by the composer."""
    composer.begin(role, start, length if role == code.ANSWER else 0, metre.numerator, metre.denominator, own=True)
    while composer.write(taste, random, length):
        pass
    return composer.lines[-1].notes


def generate(
    player: str = "answer",
    prompt: str | Path | NoteSequence | None = None,
    bars: int = 8,
    seed: int = 0,
    out: str | Path | None = None,
    package: str | Path | None = None,
    tempo_bpm: float = 100.0,
    composer: Composer | None = None,
    **wishes: Any,
) -> dict:
    """`bars` bars of answer to a prompt (a MIDI file or sequence), or to a call of 2 bars of its own making, which
    is part of the result.

    wishes: temperature, top_p, density, guard (0 free, 1 soft, 2 strict). Same seed and prompt: same notes.
    Returns {"player", "seed", "bars", "key", "prompt_notes", "notes": [Note, ...], "sequence", "file"}; notes are
    the answer's, in beats from its start on; the sequence (and the file, if `out` is given) has prompt and answer in
    a row.
    Raises AntiphonError for a bad prompt or package, or a player that has no model to write with.
    """
    if player != "answer":
        raise AntiphonError(f"Player {player}: it has no model that writes off stage; choose answer.")
    if not 1 <= bars <= 512:
        raise AntiphonError(f"{bars} bars: ask for 1 to 512.")
    composer = composer or load_composer(package or PACKAGES / "answer.onnx")
    composer.clear()
    random = Random(seed)
    sequence = read_midi(prompt) if isinstance(prompt, (str, Path)) else prompt
    if sequence is not None and any(n.channel != 9 for n in sequence.notes):
        first = next(n for n in sequence.notes if n.channel != 9)
        metre = sequence.metre_at(first.beat)
        origin = sequence.bar_start(first.beat)
        call = prompt_ticks(sequence, origin)
        hear_line(composer, call, metre)
        taste = taste_for(composer, call, **wishes)
        tempo = sequence.tempo
    elif sequence is not None:
        raise AntiphonError(f"Prompt {prompt}: it has no pitched notes; give a melody, or no prompt at all.")
    else:
        metre, origin, tempo = Metre(0.0, 4, 4), 0.0, TempoMap([(0.0, tempo_bpm)])
        call, taste = own_call(composer, random, metre, **wishes)
    bar = code.bar_ticks(metre.numerator, metre.denominator)
    sounded = max(t + d for t, d, _ in call)
    start = at = -(-sounded // bar) * bar
    turn = max(1, min(TURN_BARS, round(sounded / bar)))
    lines: list[list[int]] = []
    while at < start + bars * bar:
        length = min(turn * bar, start + bars * bar - at)
        role = code.ANSWER if (at - start) // (turn * bar) % 2 == 0 else code.CALL
        lines += write_line(composer, taste, random, role, at, length, metre)
        at += length
    answer = [Note(t / code.TICKS, d / code.TICKS, p, accent(t, bar)) for t, d, p in lines]
    before = (
        sequence.notes
        if sequence is not None
        else [Note(t / code.TICKS, d / code.TICKS, p, accent(t, bar)) for t, d, p in call]
    )
    whole = NoteSequence(
        [*before, *(n._replace(beat=n.beat + origin) for n in answer)],
        tempo,
        sequence.metres if sequence is not None else [metre],
        "answer",
    )
    if out is not None:
        write_midi(whole, out)
    return {
        "player": player,
        "seed": seed,
        "bars": bars,
        "key": [composer.frame.origin % 12, composer.frame.mode],
        "prompt_notes": len(before),
        "notes": [n._replace(beat=n.beat - start / code.TICKS) for n in answer],
        "sequence": whole,
        "file": str(out) if out is not None else None,
    }


def own_call(composer: Composer, random: Random, metre: Metre, **wishes: Any) -> tuple[list[list[int]], Taste]:
    """A call of CALL_BARS bars in a key drawn by the seed, around middle C to C6."""
    frame = code.Frame(60 + random.randrange(-5, 7), random.choice(("major", "major", "minor")))
    composer.set_frame(frame)
    around = [[0, 12, frame.origin], [12, 12, frame.origin + 12]]
    taste = taste_for(composer, around, **wishes)
    length = CALL_BARS * code.bar_ticks(metre.numerator, metre.denominator)
    call = write_line(composer, taste, random, code.CALL, 0, length, metre)
    return call, taste


def accent(tick: int, bar: int) -> float:
    """Velocity by place in the bar: not learned."""
    return 0.8 if tick % bar == 0 else 0.72 if tick % code.TICKS == 0 else 0.62


def generate_file(
    player: str, output: str | Path, prompt: str | Path | None = None, bars: int = 8, seed: int = 0, **values: Any
) -> dict:
    """Music of a player or note model into a MIDI file, with its own parameters (numbers, or labels as text).

    The result is JSON: notes as [beat, duration, pitch, velocity, channel].

    The file of `answer` has prompt and answer in a row, that of a note model what it made. Raises AntiphonError.
    """
    result = _by_answer if player == "answer" else _by_model
    return result(player, output, prompt, bars, seed, values)


def _rows(notes: Sequence[Note]) -> list[list[float]]:
    return [[round(n.beat, 4), round(n.duration, 4), n.pitch, round(n.velocity, 3), n.channel] for n in notes]


def _by_answer(
    player: str, output: str | Path, prompt: str | Path | None, bars: int, seed: int, values: dict[str, Any]
) -> dict:
    names = {"key_guard": "guard", "range": "spread"}
    wishes: dict[str, Any] = {}
    for name, value in values.items():
        try:
            number = float(value)
        except ValueError:
            raise AntiphonError(f"{name}={value}: {value!r} is not a number") from None
        wishes[names.get(name, name)] = int(number) if name in names else number
    result = generate(player, prompt, bars, seed, out=output, **wishes)
    del result["sequence"]
    result["notes"] = _rows(result["notes"])
    return result


def _by_model(
    model: str, output: str | Path, prompt: str | Path | None, bars: int, seed: int, values: dict[str, Any]
) -> dict:
    names = model_names()
    if model not in names:
        raise AntiphonError(f"Model {model}: there is none that writes notes; choose {', '.join(['answer', *names])}.")
    chosen = model_class(model)
    known = {p.id: p for p in chosen.PARAMS}
    numbers = {k: known[k].parse(v) if k in known else v for k, v in values.items()}
    music = chosen.load().generate_from(prompt, bars, seed, **numbers)
    write_midi(music, output)
    return {
        "model": model,
        "seed": seed,
        "bars": bars,
        "notes": _rows(music.notes),
        "file": str(output),
    }
