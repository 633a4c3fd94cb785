"""What runs beside the scene through a song: click, count-in, backing track with its cues, and what happens at their ends;
[main] but the setters, [any but audio]."""

from __future__ import annotations

import json
from pathlib import Path

from realtime.engine.beside import BackingTrack
from realtime.engine.engine import Engine
from realtime.music.metre import default_grouping
from realtime.session.songs.ahead import Ahead, Goal
from realtime.session.songs.loader import Loader, Wanted
from realtime.session.songs.outward import Outward
from realtime.session.songs.position import Place
from realtime.session.songs.show import Show, Stage
from realtime.session.songs.song_data import MARKER, PART, Click, Cue, Part, Song, number_of
from realtime.session.songs.timeline import Timeline

_LEAP_BEATS = 4.0
"""The transport was moved if it has gone so far since the last look."""


class Band:
    """One session's click and backing track."""

    def __init__(self, stage: Stage, show: Show, outward: Outward):
        self._stage, self._show, self._outward = stage, show, outward
        self.click, self.count_in, self.backing_db = Click(), 0, 0.0
        self.marker = ""
        self.offset_beats = 0.0
        """By how much the transport runs behind the song's own beats, after a part was called by hand."""
        self.timeline: Timeline | None = None
        self._song: Song | None = None
        self._loader = Loader(stage.say)
        self._track: BackingTrack | None = None
        self._loaded: Wanted | None = None
        self._engine: Engine | None = None
        self._signature = (0, 0)
        self._beat = 0.0
        self._leaving: Place | None = None
        self._starts = False
        self._ahead = Ahead(stage, show)
        show.on_part.append(self._entered)

    # -- settings -----------------------------------------------------------------------------------------------------

    def set_click(self, on: bool | None = None, level_db: float | None = None, output: int | None = None) -> None:
        """Any of the metronome's settings; output: first channel of a pair."""
        old = self.click
        self.click = Click(
            old.on if on is None else bool(on),
            old.level_db if level_db is None else float(level_db),
            old.output if output is None else int(output) - (int(output) + 1) % 2,
        )
        self._stage.engine.beside.set_click(self.click.on, self.click.level_db, self.click.output)

    def set_count_in(self, bars: int) -> None:
        """Bars before the transport starts."""
        self.count_in = int(bars)
        self._stage.engine.beside.set_count_in(self.count_in)

    def set_backing_db(self, level_db: float) -> None:
        """Level of the backing track."""
        self.backing_db = float(level_db)
        if self._track is not None and self._song is not None and self._song.backing is not None:
            self._track.set(self.backing_db, self._song.backing.output)

    def state(self) -> str:
        """JSON of /backing/state."""
        backing = self._song.backing if self._song is not None else None
        track = self._track
        found = {"file": "", "state": "none", "seconds": 0.0, "position_s": 0.0, "output": 1, "marker": self.marker}
        if backing is not None:
            found |= {"file": Path(backing.file).name, "output": backing.output, "state": self._how()}
        if track is not None:
            found |= {"seconds": round(track.seconds, 2), "position_s": round(min(track.position_s, track.seconds), 1)}
        return json.dumps(found)

    def _how(self) -> str:
        if self._track is None:
            over = self._loaded is not None and self._loader.get(self._loaded)[0]
            return "failed" if over else "loading"
        return "ended" if self._track.ended else "playing" if self._track.running else "ready"

    # -- a song begins ------------------------------------------------------------------------------------------------

    def _entered(self, song: Song, part: Part, new_song: bool) -> None:
        scene = self._stage.scene
        self._song = song
        goal = self._ahead.arrived(self._show.place)
        self.timeline = Timeline(song, scene.tempo_bpm, scene.signature)
        if new_song:
            self._starts |= goal is not None and goal.starts
            self._begin(song, goal.beat if goal is not None and goal.starts else None)
        else:
            self._place(self.timeline.starts[self._show.place.part - 1])
        self._show.version += 1  # words are laid out anew
        self._leaving = None

    def _begin(self, song: Song, since_beat: float | None = None) -> None:
        """since_beat: the beat of the transport at which its sound has begun."""
        engine = self._stage.engine
        self.set_click(song.click.on, song.click.level_db, song.click.output)
        self.set_count_in(song.count_in)
        self.backing_db = song.backing.gain_db if song.backing is not None else 0.0
        self.offset_beats, self.marker = 0.0, ""
        if song.count_in or song.backing is not None:
            engine.stop()  # it waits for the performer's start, or for the one before to have ended
        begun = since_beat is not None and not song.count_in and song.backing is None
        engine.locate(max(0.0, float(engine.record[0]["transport"]["beat"]) - (since_beat or 0.0)) if begun else 0.0)
        self._beat = -1.0
        if self._starts:
            engine.play()
        self._starts = False
        self._take_track(None)
        self._want()
        for what, pair in self._ways_out(song):
            if pair + 1 > engine.outputs:
                self._stage.say(
                    f"{what} goes to outputs {pair} and {pair + 1}, but there are {engine.outputs}; it is not heard: start "
                    f"with --outputs {pair + 1}"
                )

    @staticmethod
    def _ways_out(song: Song) -> list[tuple[str, int]]:
        found = [("the click", song.click.output)] if song.click.on or song.count_in else []
        return found + ([("the backing track", song.backing.output)] if song.backing is not None else [])

    def _place(self, start: float) -> None:
        """A part was entered: by its time, or by hand, and then its words and bars begin where it was."""
        engine, song = self._stage.engine, self._song
        transport = engine.record[0]["transport"]
        if song is None or song.backing is not None:
            self.offset_beats = 0.0
        elif not transport["playing"]:
            self.offset_beats = 0.0
            engine.locate(start)
        elif abs(float(transport["beat"]) - self.offset_beats - start) > 1.0:
            self.offset_beats = float(transport["beat"]) - start

    def _want(self) -> None:
        """The backing track of this song, and of the next, at the engine's rate."""
        rate = self._stage.engine.sample_rate
        songs = self._show.opened.songs
        behind = songs[self._show.place.song : self._show.place.song + 1]
        files = [
            song.backing.file for song in (*([self._song] if self._song else []), *behind) if song.backing is not None
        ]
        self._loader.want([(file, rate) for file in dict.fromkeys(files)])
        backing = self._song.backing if self._song is not None else None
        self._loaded = (backing.file, rate) if backing is not None else None

    def _take_track(self, track: BackingTrack | None) -> None:
        self._track = track
        self._stage.engine.beside.play(track)

    # -- every turn of the main loop ----------------------------------------------------------------------------------

    def tick(self) -> None:
        """Watch the transport; do what is due. [main]"""
        engine = self._stage.engine
        if engine is not self._engine:
            self._join(engine)
        transport = engine.record[0]["transport"]
        signature = (int(transport["numerator"]), int(transport["denominator"]))
        if signature != self._signature:
            self._signature = signature
            engine.beside.set_accents(default_grouping(*signature))
        if self._track is None and self._loaded is not None:
            self._take_if_read()
        if transport["playing"] and self._song is not None:
            self._watch(float(transport["beat"]))
            self._ahead.look(self._goal(float(transport["beat"])))
        else:
            self._ahead.drop()

    def _join(self, engine: Engine) -> None:
        """Another engine (the sample rate has changed) is told all that the former one knew."""
        self._engine, self._signature = engine, (0, 0)
        self.set_click()
        self.set_count_in(self.count_in)
        self._track = None
        self._want()

    def _take_if_read(self) -> None:
        assert self._loaded is not None and self._song is not None and self._song.backing is not None
        samples = self._loader.get(self._loaded)[1]
        if samples is not None and self.timeline is not None:
            track = BackingTrack(
                samples, self._loaded[1], self.timeline.tempi, self.backing_db, self._song.backing.output
            )
            self._take_track(track)

    def _goal(self, beat: float) -> Goal | None:
        """The next switch that bars or cues call for."""
        song, timeline, place = self._song, self.timeline, self._show.place
        assert song is not None and timeline is not None
        if not place.song:
            return None
        names = [part.name for part in song.parts]
        found = []
        for cue in song.backing.cues if song.backing is not None else ():
            number = number_of(names, cue.value) if cue.kind == PART else None
            if number is not None and number + 1 != place.part:
                found.append(Goal(Place(place.song, number + 1), timeline.beat_of(cue.bar)))
        end = timeline.end_of(place.part) + self.offset_beats
        order = self._show.opened.order
        if song.auto_advance and end > self.offset_beats and (part := order.next_part(place)):
            found.append(Goal(part, end))
        if self._show.advances() and song.backing is None and timeline.length and (following := order.next_song(place)):
            found.append(Goal(following, timeline.length + self.offset_beats, starts=True))
        return min((goal for goal in found if goal.beat > beat), key=lambda goal: goal.beat, default=None)

    def _watch(self, beat: float) -> None:
        last, self._beat = self._beat, beat
        if beat < last or beat - last > _LEAP_BEATS:
            last = beat - 1e-6
        song, timeline = self._song, self.timeline
        assert song is not None and timeline is not None
        if song.backing is not None:
            for cue in song.backing.cues:
                if last < timeline.beat_of(cue.bar) <= beat:
                    self._act(cue)
        self._advance(beat - self.offset_beats)

    def _act(self, cue: Cue) -> None:
        song, place = self._song, self._show.place
        assert song is not None
        if cue.kind == PART:
            number = number_of([part.name for part in song.parts], cue.value)
            if (
                number is not None
                and number + 1 != place.part
                and not self._ahead.waits_for(Place(place.song, number + 1))
            ):
                self._show.go(place.song, number + 1)
        elif cue.kind == MARKER:
            self.marker = cue.value
        else:
            self._outward.send([cue.value])

    def _advance(self, beat: float) -> None:
        """Go on by itself where a part or the song is over and says so; once."""
        show, song, timeline = self._show, self._song, self.timeline
        assert song is not None and timeline is not None
        if self._leaving == show.place or not show.place.song:
            return
        end = timeline.end_of(show.place.part)
        last = show.place.part == len(song.parts)
        if song.auto_advance and not last and end and beat >= end:
            if not self._ahead.waits_for(Place(show.place.song, show.place.part + 1)):
                self._leaving = show.place
                show.next_part()
        elif show.advances() and self._is_over(beat, timeline):
            if not self._ahead.waits_for(Place(show.place.song + 1, 1)):
                self._leaving, self._starts = show.place, True
                show.next_song()

    def _is_over(self, beat: float, timeline: Timeline) -> bool:
        if self._song is not None and self._song.backing is not None:
            return self._track is not None and self._track.ended
        return bool(timeline.length) and beat >= timeline.length
