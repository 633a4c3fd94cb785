"""`mood` leads: by hand, pedal, words and cues, with glides, again and again as long as it leads; and the tempo, if it may."""

from __future__ import annotations

import itertools

import pytest

from realtime.contract import player_wire as wire
from realtime.music.mood_words import mood_of
from realtime.players.mood import MoodPlayer
from realtime.players.plan import Moment, Planned

TICK = 0.04  # beats: 20 ms at 120


def run(player: MoodPlayer, until: float, start: float = 0.0, tempo: float = 120.0, **moment) -> list[Planned]:
    found: list[Planned] = []
    beat = start
    while beat < until:
        player.tick(
            Moment(beat, tempo, beat // 4 * 4, playing=moment.get("playing", True), song_beat=beat, bar=int(beat // 4))
        )
        found += player.take()
        beat += TICK
    return found


def moods(planned: list[Planned]) -> list[tuple[float, float, float]]:
    return [(p.beat, p.value, p.value2) for p in planned if p.kind == wire.MOOD]


def test_it_tells_where_it_leads_with_every_beat():
    player = MoodPlayer(valence=-0.5, arousal=0.8)
    told = moods(run(player, 16.0))
    assert all(row[1:] == pytest.approx((-0.5, 0.8)) for row in told)
    assert 15 <= len(told) <= 17


def test_it_glides_after_the_hand():
    player = MoodPlayer(glide_s=2.0)
    run(player, 4.0)
    player.set("arousal", 1.0)
    told = moods(run(player, 8.0, start=4.0))
    arousals = [row[2] for row in told]
    assert arousals == sorted(arousals) and max(b - a for a, b in itertools.pairwise(arousals)) < 0.05
    reached = next(beat for beat, _, arousal in told if arousal > 0.99)
    assert 5.5 <= reached <= 6.3, "half of the way from end to end, in half of 2 s"


def test_words_lead_and_the_hand_bends_them():
    words = mood_of("tender")
    player = MoodPlayer(options={"text": "tender"}, glide_s=0.0)
    assert moods(run(player, 1.0))[-1][1:] == pytest.approx(words)
    player.set("arousal", 0.3)
    assert moods(run(player, 2.0, start=1.0))[-1][1:] == pytest.approx((words[0], words[1] + 0.3))


def test_cues_count_the_seconds_of_the_song_whatever_the_tempo():
    for tempo in (60.0, 120.0, 240.0):
        player = MoodPlayer(options={"cues": "0:00 -1 -1 | 0:02 > 0:04 1 1"})
        told = moods(run(player, 5.0 * tempo / 60.0, tempo=tempo))
        assert told[0][1:] == (-1.0, -1.0)
        turned = next(beat for beat, valence, _ in told if valence > 0.0) * 60.0 / tempo
        assert turned == pytest.approx(3.0, abs=0.15) and told[-1][1:] == (1.0, 1.0)


def test_cues_in_bars_and_a_jump_lead_where_the_song_is():
    player = MoodPlayer(options={"cues": "bar 1 -1 0 | bar 3 1 0"})
    assert moods(run(player, 7.9))[-1][1] == -1.0
    assert moods(run(player, 8.2, start=8.0))[-1][1] == 1.0
    player.locate(Moment(0.0, song_beat=0.0))
    assert moods(run(player, 0.2))[-1][1] == -1.0


def test_after_a_jump_the_seconds_are_the_songs():
    player = MoodPlayer(options={"cues": "0:00 -1 0 | 0:10 1 0"})
    player.locate(Moment(40.0, 120.0, 40.0, song_beat=40.0))
    assert moods(run(player, 40.2, start=40.0))[-1][1] == 1.0


def test_a_song_that_stands_still_moves_no_cue():
    player = MoodPlayer(options={"cues": "0:00 -1 0 | 0:02 1 0"})
    assert moods(run(player, 40.0, playing=False))[-1][1] == -1.0


def test_a_pedal_moves_it_from_end_to_end():
    player = MoodPlayer(pedal=1, glide_s=0.0)
    for value, arousal in ((0.0, -1.0), (0.5, 0.0), (1.0, 1.0)):
        player.hear_controller(0.0, 11, value, 0)
        player.hear_controller(0.0, 12, 1.0 - value, 0)
        start = player.now.beat
        assert moods(run(player, start + 1.2, start=start))[-1][2] == pytest.approx(arousal, abs=0.01)


@pytest.mark.parametrize("switch", ["leads", "playing"])
def test_switched_off_it_says_so_once_and_leads_no_more(switch):
    player = MoodPlayer(arousal=1.0)
    run(player, 4.0)
    player.set(switch, 0)
    told = [p for p in run(player, 12.0, start=4.0) if p.kind == wire.MOOD]
    assert [p.number for p in told] == [0]


def test_words_and_cues_that_cannot_be_read_are_told_and_the_hand_leads():
    player = MoodPlayer(options={"cues": "0:00 xyzzy"}, arousal=0.5)
    assert "by hand alone" in player.warning and "words like" in player.warning
    assert moods(run(player, 1.0))[-1][2] == 0.5


def led_tempi(player: MoodPlayer, start: float, until: float, tempo: float) -> list[float]:
    """The engine heeds it: what is heard in a tick is what was said two ticks before."""
    heard, beat = [tempo, tempo], start
    while beat < until:
        player.tick(Moment(beat, heard[-2], beat // 4 * 4, song_beat=beat))
        said = [p.value for p in player.take() if p.kind == wire.PLAN_TEMPO]
        heard.append(said[-1] if said else heard[-1])
        beat += TICK
    return heard


def test_the_tempo_goes_with_arousal_and_comes_back():
    player = MoodPlayer(tempo_reach=10.0, glide_s=1.0)
    assert led_tempi(player, 0.0, 4.0, 100.0)[-1] == 100.0
    player.set("arousal", 1.0)
    assert led_tempi(player, 4.0, 12.0, 100.0)[-1] == pytest.approx(110.0, abs=0.06)
    player.set("arousal", 0.0)
    assert led_tempi(player, 12.0, 20.0, 110.0)[-1] == pytest.approx(100.0, abs=0.06)


def test_a_hand_that_sets_the_tempo_sets_the_songs_own():
    player = MoodPlayer(tempo_reach=10.0, arousal=1.0, glide_s=0.0)
    assert led_tempi(player, 0.0, 4.0, 100.0)[-1] == pytest.approx(110.0, abs=0.06)
    assert led_tempi(player, 4.0, 8.0, 140.0)[-1] == pytest.approx(154.0, abs=0.06)


def test_unless_it_is_told_to_the_tempo_is_left_alone():
    assert not [p for p in run(MoodPlayer(arousal=1.0), 8.0) if p.kind == wire.PLAN_TEMPO]
