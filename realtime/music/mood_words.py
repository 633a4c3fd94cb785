"""Words of mood on the circumplex of affect: a line of text as valence and arousal; any thread (Russell 1980; the numbers are
ours).

A word list and no embedding: it answers at once, says which words it knows, and a musician can read why. It knows word stems
of English, and of German and Italian what stands in scores.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from realtime.native.errors import AntiphonError


class Mood(NamedTuple):
    """Each -1..1: sad to happy, calm to excited."""

    valence: float
    arousal: float


STEMS: dict[str, tuple[float, float]] = {
    # happy and excited
    "triumph": (0.8, 0.8), "victor": (0.8, 0.8), "joy": (0.9, 0.6), "happy": (0.8, 0.4), "happi": (0.8, 0.4),
    "cheer": (0.8, 0.5), "excit": (0.6, 0.9), "ecsta": (0.9, 0.95), "euphor": (0.9, 0.9), "celebrat": (0.8, 0.7),
    "festiv": (0.8, 0.7), "party": (0.7, 0.8), "dance": (0.6, 0.7), "dancing": (0.6, 0.7), "play": (0.6, 0.5),
    "fun": (0.7, 0.5), "energ": (0.4, 0.9), "heroic": (0.6, 0.8), "hero": (0.6, 0.7), "brave": (0.5, 0.5),
    "glor": (0.8, 0.6), "majest": (0.5, 0.4), "grand": (0.5, 0.5), "epic": (0.4, 0.8), "bright": (0.7, 0.4),
    "sun": (0.7, 0.3), "lively": (0.6, 0.7), "vivid": (0.5, 0.6), "love": (0.7, 0.2), "fast": (0.1, 0.7),
    "wild": (0.1, 0.9), "power": (0.2, 0.8), "strong": (0.2, 0.6), "race": (0.1, 0.9), "racing": (0.1, 0.9),
    "adventur": (0.5, 0.7), "surpris": (0.3, 0.7), "loud": (0.0, 0.7), "magic": (0.6, 0.2), "wonder": (0.6, 0.2),
    # sad or angry and excited
    "tension": (-0.4, 0.7), "tense": (-0.4, 0.7), "suspen": (-0.4, 0.5), "fear": (-0.7, 0.7), "afraid": (-0.7, 0.6),
    "terror": (-0.9, 0.9), "terrif": (-0.9, 0.9), "horror": (-0.9, 0.8), "panic": (-0.8, 0.95), "anx": (-0.6, 0.6),
    "nervous": (-0.5, 0.6), "ang": (-0.7, 0.8), "rage": (-0.8, 0.95), "fur": (-0.7, 0.9), "violen": (-0.8, 0.9),
    "chase": (-0.2, 0.95), "chasing": (-0.2, 0.95), "fight": (-0.5, 0.9), "battle": (-0.3, 0.9), "war": (-0.6, 0.8),
    "storm": (-0.4, 0.8), "danger": (-0.6, 0.7), "threat": (-0.7, 0.6), "evil": (-0.8, 0.5), "aggress": (-0.5, 0.9),
    "urgen": (-0.2, 0.8), "restless": (-0.3, 0.6), "agitat": (-0.3, 0.8), "despera": (-0.8, 0.6), "chaos": (-0.5, 0.9),
    "alarm": (-0.6, 0.8), "drama": (-0.2, 0.6), "conflict": (-0.5, 0.6), "disast": (-0.8, 0.7), "monster": (-0.6, 0.6),
    # sad and calm
    "sad": (-0.7, -0.4), "sorrow": (-0.8, -0.4), "grief": (-0.9, -0.2), "griev": (-0.9, -0.2), "mourn": (-0.8, -0.5),
    "melanchol": (-0.5, -0.5), "gloom": (-0.7, -0.5), "dark": (-0.6, -0.1), "lone": (-0.6, -0.5), "alone": (-0.5, -0.5),
    "despair": (-0.9, -0.1), "depress": (-0.8, -0.6), "cold": (-0.4, -0.3), "bleak": (-0.7, -0.5), "empty": (-0.5, -0.6),
    "desolat": (-0.7, -0.6), "lost": (-0.5, -0.3), "tired": (-0.3, -0.8), "weary": (-0.4, -0.7), "bor": (-0.4, -0.7),
    "death": (-0.8, -0.3), "dead": (-0.8, -0.5), "dying": (-0.8, -0.3), "farewell": (-0.5, -0.4), "tear": (-0.6, -0.3),
    "cry": (-0.7, 0.0), "regret": (-0.5, -0.4), "doom": (-0.8, 0.1), "funeral": (-0.8, -0.6), "winter": (-0.3, -0.4),
    "fog": (-0.2, -0.5), "mist": (-0.1, -0.5), "myster": (-0.2, -0.1), "eerie": (-0.5, 0.0), "uneas": (-0.5, 0.3),
    "ominous": (-0.6, 0.2), "somber": (-0.6, -0.5), "sombre": (-0.6, -0.5), "bitter": (-0.6, 0.1), "pain": (-0.7, 0.2),
    # happy and calm
    "calm": (0.4, -0.7), "peace": (0.6, -0.7), "seren": (0.6, -0.7), "quiet": (0.2, -0.7), "relax": (0.5, -0.7),
    "gentle": (0.5, -0.5), "gently": (0.5, -0.5), "tender": (0.6, -0.4), "soft": (0.3, -0.6), "dream": (0.4, -0.5),
    "sleep": (0.2, -0.9), "lullab": (0.6, -0.7), "warm": (0.6, -0.3), "content": (0.6, -0.4), "hope": (0.5, 0.1),
    "nostalg": (0.1, -0.4), "float": (0.3, -0.6), "still": (0.1, -0.8), "slow": (0.0, -0.6), "rest": (0.3, -0.7),
    "home": (0.5, -0.3), "romant": (0.6, 0.0), "longing": (-0.1, -0.1), "medita": (0.3, -0.8), "night": (0.0, -0.5),
    "moon": (0.2, -0.5), "morning": (0.5, -0.1), "dawn": (0.4, -0.3), "relief": (0.6, -0.4), "reliev": (0.6, -0.4),
    "safe": (0.5, -0.4), "innocen": (0.5, -0.2), "pastoral": (0.5, -0.4), "snow": (0.2, -0.5), "sea": (0.2, -0.3),
    "neutral": (0.0, 0.0), "plain": (0.0, 0.0),
    # of scores
    "ruhig": (0.3, -0.7), "traurig": (-0.7, -0.4), "lustig": (0.8, 0.5), "fröhlich": (0.8, 0.5), "lebhaft": (0.5, 0.7),
    "wütend": (-0.7, 0.8), "düster": (-0.6, -0.3), "sanft": (0.4, -0.5), "feierlich": (0.3, -0.1), "wehmütig": (-0.4, -0.4),
    "dolce": (0.6, -0.5), "mesto": (-0.7, -0.5), "agitato": (-0.3, 0.8), "furioso": (-0.5, 0.9), "tranquill": (0.4, -0.7),
    "cantabile": (0.4, -0.2), "giocos": (0.8, 0.5), "maestos": (0.4, 0.3), "doloros": (-0.8, -0.3), "con brio": (0.6, 0.8),
    "allegro": (0.5, 0.7), "presto": (0.3, 0.9), "adagio": (0.0, -0.6), "largo": (-0.1, -0.7), "andante": (0.1, -0.3),
    "vivace": (0.6, 0.8), "lento": (-0.1, -0.6), "scherz": (0.6, 0.7), "lacrimos": (-0.8, -0.4),
}  # fmt: skip
"""Stem of a word: (valence, arousal). The longest stem with which a word begins counts."""
SHORT_STEMS = frozenset({"ang", "war", "sun", "sea", "fun", "bor", "fur", "sad", "cry"})
"""Of these only words no more than LONGER letters longer."""
LONGER = 4
DEGREES = {
    "very": 1.35, "so": 1.2, "extremely": 1.5, "utterly": 1.5, "deeply": 1.3, "really": 1.2, "molto": 1.35, "sehr": 1.35,
    "slightly": 0.5, "little": 0.5, "bit": 0.5, "somewhat": 0.6, "quite": 0.9, "rather": 0.8, "almost": 0.7, "poco": 0.5,
    "etwas": 0.5, "mild": 0.6, "mildly": 0.6, "half": 0.5,
}  # fmt: skip
"""How far the word behind them goes."""
TURNS = {"not": -0.6, "no": -0.6, "never": -0.6, "without": -0.6, "non": -0.6, "nicht": -0.6, "un": -0.6}
"""What turns the word behind it round, and how far."""
RISES = {
    "rising": 0.25, "growing": 0.25, "building": 0.25, "more": 0.2, "mounting": 0.25, "crescendo": 0.3, "falling": -0.25,
    "fading": -0.3, "dying away": -0.3, "less": -0.2, "settling": -0.25, "diminuendo": -0.3, "calando": -0.3,
}  # fmt: skip
"""What these add to arousal."""
_WORD = re.compile(r"[^\W\d_]+")


def mood_of(text: str, where: str = "the mood") -> Mood:
    """The mood of a line: the mean of the words that are known, each as far as the word before it says.

    Raises AntiphonError where none is known.
    """
    words = [word.lower() for word in _WORD.findall(text)]
    found: list[Mood] = []
    rise, degree = 0.0, 1.0
    for word in words:
        if word in RISES:
            rise += RISES[word]
        elif word in DEGREES:
            degree *= DEGREES[word]
        elif word in TURNS:
            degree *= TURNS[word]
        elif (known := _known(word)) is not None:
            found.append(Mood(known[0] * degree, known[1] * degree))
            degree = 1.0
    if not found and rise == 0.0:
        raise AntiphonError(
            f"{where}: no word of {text[:80]!r} is a mood that is known; say it with words like calm, tender, sad, dark, "
            "tense, angry, joyful, triumphant"
        )
    count = max(1, len(found))
    valence, arousal = sum(m.valence for m in found) / count, sum(m.arousal for m in found) / count + rise
    return Mood(min(1.0, max(-1.0, valence)), min(1.0, max(-1.0, arousal)))


def _known(word: str) -> tuple[float, float] | None:
    for length in range(len(word), 2, -1):
        stem = word[:length]
        if stem in STEMS and (stem not in SHORT_STEMS or len(word) - length <= LONGER):
            return STEMS[stem]
    return None
