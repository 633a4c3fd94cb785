"""What tempo and character words say of valence and arousal, Italian, German, French and English; [workshop].

Our own reading, on Russell's circumplex (J. Personality and Social Psychology 39, 1980): first number valence (sad,
angry -1 .. happy, tender +1), second arousal (sleepy -1 .. excited +1). Speed words carry arousal chiefly, and the
little valence that listeners hear in speed itself (Gabrielsson & Lindstroem 2010): fast is gayer, slow is graver.
Character words carry the feeling that they name. These are weak labels: a composer's word, not a listener's report.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# stems -> (valence, arousal); a word counts if it begins with the stem
SPEED: dict[str, tuple[float, float]] = {
    "grave": (-0.45, -0.6), "largo": (-0.2, -0.6), "lent": (-0.2, -0.6), "adagi": (-0.1, -0.55),
    "langsam": (-0.2, -0.6), "slow": (-0.2, -0.6), "larghetto": (0.0, -0.4), "schleppend": (-0.4, -0.6),
    "gedehnt": (-0.2, -0.5), "breit": (0.0, -0.4), "getragen": (-0.15, -0.5), "sostenuto": (-0.05, -0.35),
    "largamente": (0.0, -0.3), "andantino": (0.15, -0.1), "andante": (0.05, -0.25), "gehend": (0.05, -0.2),
    "moderat": (0.05, -0.05), "mässig": (0.05, -0.05), "mäßig": (0.05, -0.05), "modéré": (0.05, -0.05),
    "gemächlich": (0.15, -0.2), "comodo": (0.2, -0.2), "allegretto": (0.35, 0.2), "allegr": (0.3, 0.5),
    "vivac": (0.45, 0.7), "vivo": (0.4, 0.65), "vif": (0.35, 0.65), "presto": (0.2, 0.85), "prestissimo": (0.1, 0.95),
    "schnell": (0.15, 0.65), "geschwind": (0.2, 0.6), "rasch": (0.15, 0.65), "vite": (0.15, 0.6), "quick": (0.2, 0.6),
    "fast": (0.15, 0.6), "moto": (0.1, 0.25), "mosso": (0.1, 0.3), "bewegt": (0.1, 0.3), "moving": (0.1, 0.2),
    "fliessend": (0.15, 0.1), "fließend": (0.15, 0.1), "marcia": (0.15, 0.3), "marche": (0.15, 0.3), "valse": (0.3, 0.2),
}  # fmt: skip
CHARACTER: dict[str, tuple[float, float]] = {
    # gay, bright
    "lebhaft": (0.45, 0.65), "lebendig": (0.45, 0.6), "munter": (0.65, 0.5), "frisch": (0.55, 0.5),
    "heiter": (0.7, 0.35), "fröhlich": (0.8, 0.5), "freudig": (0.8, 0.55), "lustig": (0.75, 0.55),
    "jubelnd": (0.85, 0.8), "keck": (0.5, 0.5), "giocos": (0.75, 0.5), "giojos": (0.75, 0.5), "gioios": (0.75, 0.5),
    "scherz": (0.6, 0.5), "scherzando": (0.6, 0.5), "gai": (0.7, 0.5), "joy": (0.8, 0.55), "gay": (0.7, 0.5),
    "merr": (0.75, 0.5), "brillant": (0.5, 0.6), "brio": (0.5, 0.7), "spirit": (0.4, 0.6), "anima": (0.3, 0.45),
    "animé": (0.3, 0.5), "belebt": (0.3, 0.45), "light": (0.45, 0.2), "leggier": (0.4, 0.2), "leggero": (0.4, 0.2),
    "leicht": (0.4, 0.2), "léger": (0.4, 0.2), "zierlich": (0.4, 0.1), "grazi": (0.45, 0.1), "anmutig": (0.5, 0.05),
    "lieblich": (0.6, -0.05), "playful": (0.65, 0.45),
    # tender, calm
    "dolc": (0.4, -0.35), "doux": (0.35, -0.4), "sanft": (0.35, -0.4), "zart": (0.35, -0.4), "tender": (0.45, -0.3),
    "tendre": (0.45, -0.3), "tenerezza": (0.45, -0.3), "teneramente": (0.45, -0.3), "amoros": (0.5, -0.1),
    "innig": (0.25, -0.3), "affett": (0.25, -0.05), "affetuos": (0.25, -0.05), "cantabile": (0.3, -0.2),
    "caressant": (0.5, -0.3), "semplice": (0.2, -0.25), "einfach": (0.2, -0.25), "simpl": (0.2, -0.25),
    "naiv": (0.35, -0.1), "tranquill": (0.2, -0.6), "ruhig": (0.2, -0.6), "calm": (0.2, -0.65), "quiet": (0.15, -0.6),
    "peaceful": (0.35, -0.6), "placid": (0.3, -0.6), "wiegend": (0.35, -0.45), "leise": (0.05, -0.5),
    "soft": (0.15, -0.5), "träumerisch": (0.25, -0.5), "songeur": (0.1, -0.4), "rêveu": (0.2, -0.5),
    "andacht": (0.1, -0.4), "religios": (0.1, -0.4), "pastoral": (0.45, -0.2),
    # sad, dark
    "trist": (-0.75, -0.45), "traurig": (-0.8, -0.45), "mest": (-0.75, -0.45), "dolor": (-0.75, -0.2),
    "dolent": (-0.7, -0.35), "douloureu": (-0.75, -0.2), "schmerz": (-0.75, -0.05), "klag": (-0.7, -0.25),
    "lament": (-0.75, -0.25), "lugubr": (-0.8, -0.5), "funebr": (-0.75, -0.45), "düster": (-0.7, -0.3),
    "trüb": (-0.65, -0.35), "melancol": (-0.6, -0.4), "mélancol": (-0.6, -0.4), "wehm": (-0.55, -0.35),
    "schwermüt": (-0.7, -0.4), "sad": (-0.75, -0.4), "mourn": (-0.75, -0.4), "pesante": (-0.35, 0.0),
    "schwer": (-0.35, -0.1), "langui": (-0.35, -0.5), "morendo": (-0.3, -0.65), "las": (-0.3, -0.5),
    "résigné": (-0.5, -0.5), "disper": (-0.8, 0.4), "verzweif": (-0.8, 0.4), "misterios": (-0.3, -0.25),
    "geheimnisvoll": (-0.3, -0.25), "mystér": (-0.3, -0.25), "heimlich": (-0.15, -0.2), "ernst": (-0.35, -0.2),
    "gravit": (-0.35, -0.4), "feierlich": (0.05, -0.2),
    # stirred, angry
    "agitat": (-0.35, 0.7), "agitazion": (-0.35, 0.7), "agité": (-0.35, 0.7), "unruhig": (-0.4, 0.55),
    "aufgeregt": (-0.35, 0.7), "erregt": (-0.2, 0.65), "drängend": (-0.15, 0.55), "stürm": (-0.35, 0.85),
    "tempestos": (-0.4, 0.85), "furios": (-0.55, 0.9), "wild": (-0.4, 0.85), "heftig": (-0.45, 0.8),
    "feroce": (-0.6, 0.85), "terreur": (-0.7, 0.6), "ängstlich": (-0.6, 0.45), "leidenschaft": (-0.05, 0.65),
    "appassionat": (-0.05, 0.65), "passion": (-0.05, 0.6), "ardent": (0.05, 0.6), "ardem": (0.05, 0.6),
    "fuoco": (0.1, 0.8), "feuer": (0.15, 0.75), "feurig": (0.2, 0.75), "impetuos": (0.0, 0.8),
    "energic": (0.15, 0.65), "kräftig": (0.2, 0.6), "kraft": (0.15, 0.6), "vigoros": (0.2, 0.65),
    "risolut": (0.15, 0.5), "decis": (0.15, 0.5), "bestimmt": (0.1, 0.45), "entschlossen": (0.15, 0.5),
    "marziale": (0.2, 0.55), "maestos": (0.2, 0.15), "majest": (0.2, 0.15), "erhaben": (0.2, 0.05),
    "ému": (-0.05, 0.2), "express": (0.05, -0.05), "espress": (0.05, -0.05), "ausdruck": (0.05, -0.05),
}  # fmt: skip
STRONGER = {"molto": 1.25, "sehr": 1.25, "très": 1.25, "assai": 1.25, "very": 1.25, "äusserst": 1.4, "bien": 1.1}
WEAKER = {"poco": 0.7, "etwas": 0.7, "peu": 0.7, "ziemlich": 0.85, "assez": 0.85, "quasi": 0.7, "rather": 0.8, "little": 0.7,
          "troppo": 0.7, "tanto": 0.7, "zu": 0.7, "trop": 0.7}  # fmt: skip
NEGATIONS = ("non", "nicht", "sans", "senza", "pas", "not", "without", "ohne")
SOFTENED = ("troppo", "tanto", "zu", "trop", "too")  # "non troppo lento" is still slow
PASSING = ("rit", "rall", "accel", "string", "cresc", "dim", "decresc", "tempo", "calando", "allarg", "più", "plus",
           "meno", "moins", "cédez", "animez", "retenu", "zurück", "animando", "presser", "pressant", "ralent")  # fmt: skip
LONGEST_STEM = sorted({**SPEED, **CHARACTER}.items(), key=lambda item: -len(item[0]))
COMPARATIVE = re.compile(r"(langsam|schnell|ruhig|bewegt|lebhaft|belebt|breit|rasch|leis|stärk|slow|fast|quick)er$")


def word_mood(word: str) -> tuple[float, float] | None:
    """(valence, arousal) of one lower-case word, by its longest known stem."""
    if COMPARATIVE.search(word):
        return None  # only says how it differs from what was before
    for stem, mood in LONGEST_STEM:
        if word.startswith(stem):
            return mood
    return None


def text_mood(text: str) -> tuple[float, float] | None:
    """(valence, arousal), each -1..1, of a tempo or character text; None if it says nothing lasting.

    Adverbs strengthen or weaken the word after them; "nicht zu schnell" is fairly quick, "sans lenteur" the opposite of
    slow. Texts of passing changes (rit., più mosso, cresc.) say nothing of the mood that lasts.
    """
    words = re.findall(r"[^\W\d_]+", text.lower())
    if any(w.startswith(p) for w in words for p in PASSING):
        return None
    found: list[tuple[float, float]] = []
    factor, negated, softened = 1.0, False, False
    for word in words:
        if word in NEGATIONS:
            negated = True
        elif word in SOFTENED:
            softened = True
            if found and negated:  # "allegro non troppo": after the word
                found[-1] = (0.7 * found[-1][0], 0.7 * found[-1][1])
                negated = False
        elif word in STRONGER:
            factor *= STRONGER[word]
        elif word in WEAKER:
            factor *= WEAKER[word]
        elif (mood := word_mood(word)) is not None:
            scale = factor * (0.6 if negated and softened else -0.5 if negated else 1.0)
            found.append((mood[0] * scale, mood[1] * scale))
            factor, negated, softened = 1.0, False, False
    if not found:
        return None
    return tuple(max(-1.0, min(1.0, sum(f[i] for f in found) / len(found))) for i in (0, 1))  # type: ignore[return-value]


def timed_moods(words: Iterable[tuple[float, str]]) -> list[tuple[float, tuple[float, float]]]:
    """(beat, mood) of the texts that say something, in time; texts of one beat are averaged."""
    by_beat: dict[float, list[tuple[float, float]]] = {}
    for beat, text in words:
        if (mood := text_mood(text)) is not None:
            by_beat.setdefault(beat, []).append(mood)
    return [
        (b, (sum(m[0] for m in ms) / len(ms), sum(m[1] for m in ms) / len(ms))) for b, ms in sorted(by_beat.items())
    ]
