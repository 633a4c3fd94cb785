"""The mood lexicon, its passages and the training, on tiny made songs."""

import gzip
import json

import numpy as np
import pytest

from export.models.mood import data as songs
from export.models.mood.lexicon import text_mood, timed_moods
from export.models.mood.train import train
from realtime.native.errors import AntiphonError


@pytest.mark.parametrize("text", ["Allegro con fuoco", "Sehr schnell", "Très vif", "Agitato", "Lively, quick"])
def test_quick_words_are_excited(text):
    assert text_mood(text)[1] > 0.3


@pytest.mark.parametrize("text", ["Sehr langsam", "Adagio", "Lent et calme", "Ruhig", "Largo"])
def test_slow_words_are_calm(text):
    assert text_mood(text)[1] < -0.3


def test_character_decides_valence():
    assert text_mood("Traurig")[0] < -0.5 < 0.5 < text_mood("Fröhlich")[0]
    assert text_mood("mesto")[0] < 0 < text_mood("giocoso")[0]


def test_modifiers_weaken_strengthen_and_turn():
    plain = text_mood("Allegro")[1]
    assert text_mood("Allegro molto")[1] <= text_mood("molto allegro")[1] and text_mood("molto allegro")[1] > plain
    assert 0 < text_mood("allegro non troppo")[1] < plain
    assert text_mood("nicht zu langsam")[1] > text_mood("langsam")[1]
    assert text_mood("sans lenteur")[1] > 0


@pytest.mark.parametrize("text", ["rit.", "a tempo", "più mosso", "cresc.", "Voice", "", "1. Strophe", "langsamer"])
def test_passing_and_other_words_say_nothing(text):
    assert text_mood(text) is None


def test_words_of_one_beat_are_averaged():
    assert timed_moods([(4.0, "Presto"), (4.0, "Largo"), (0.0, "dolce")])[1][1] == pytest.approx((0.0, 0.125))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("mood") / "openscore_lieder.jsonl.gz"
    with gzip.open(path, "wt") as file:
        for k in range(16):
            quick = k % 2
            step, scale = (24, (0, 2, 4, 5, 7, 9, 11)) if quick else (96, (0, 2, 3, 5, 7, 8, 10))
            notes = [[i * step, step, 60 + int(rng.choice(scale)), 100 if quick else 50] for i in range(48)]
            track = {"name": "Voice", "prog": 0, "drum": False, "n": notes}
            words = [[0, "Allegro giocoso" if quick else "Langsam und traurig"], [20, "rit."]]
            piece = {"id": f"c{k}", "split": "valid" if k > 11 else "train", "lic": "CC0", "tpq": 48, "ts": [[0, 4, 4]],
                     "tempo": [[0, 140 if quick else 60]], "tracks": [track], "words": words}  # fmt: skip
            file.write(json.dumps(piece) + "\n")
    return path


def test_passages_are_labelled_from_word_to_word(corpus):
    found = songs.labelled(songs.read(corpus).pieces)
    assert len(found) == 16
    assert {round(p.mood[1], 1) for p in found} == {0.5, -0.5}


def test_training_tells_gay_from_sad(corpus, tmp_path):
    result = train(corpus, out=tmp_path, progress=False, steps=120, valid_every=60, hidden=16, batch=16, rate=1e-2)
    assert result["figure"] < 0.1  # of 0.5 without learning


def test_songs_without_words_are_one_sentence(tmp_path):
    path = tmp_path / "x.jsonl"
    track = {"name": "v", "prog": 0, "drum": False, "n": [[i * 48, 48, 60, 80] for i in range(40)]}
    path.write_text(json.dumps({"id": "x", "split": "train", "lic": "", "tpq": 48, "tracks": [track]}))
    with pytest.raises(AntiphonError, match="no piece carries"):
        train(path, out=tmp_path / "run", progress=False)
    with pytest.raises(AntiphonError, match="openscore_lieder"):
        songs.read(None)
