"""`antiphon play`: the instrument itself; [main]."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Annotated

import typer

from realtime.commands import names
from realtime.commands.options import RECORDINGS, number, to_write
from realtime.commands.output import plain, print_json, say
from realtime.commands.panel import has_display
from realtime.commands.play_panel import CLOSED, PlayPanel
from realtime.commands.prepare import prepare_kernels
from realtime.commands.terminal import Hangup, Terminal, stop_on_signals

PROFILE_START = time.monotonic()


def _bar(db: float, width: int = 12) -> str:
    filled = round(width * min(1.0, max(0.0, (db + 48.0) / 48.0)))
    return "█" * filled + "·" * (width - filled)


def status_line(session) -> str:
    """Meters, load, late callbacks and notes in one line."""
    meters = session.engine.meters.snapshot()
    t = meters["transport"]
    import math

    peaks = [20 * math.log10(max(1e-5, peak)) for peak in meters["peaks"][:2]]
    position = t["beat"] / max(1e-9, t["numerator"] * 4 / t["denominator"])
    bar, beat = int(position) + 1, int(t["beat"] % max(1, t["numerator"] * 4 / t["denominator"])) + 1
    sides = " ".join(f"{_bar(db)} {db:6.1f}" for db in peaks)
    record = " ●REC" if session.recording else ""
    song = session.show.song
    title = f"{song.title}, {session.show.part.name}" if song is not None else session.scene.title
    return plain(
        f"{title} │ {sides} dB │ load {100 * meters['load']:4.1f} % │ late {meters['late']} "
        f"xruns {session.driver.xruns} │ {t['tempo_bpm']:.0f} bpm {bar}:{beat} │ notes {session.notes_heard} "
        f"answered {session.player_notes}{record}"
    )


def play(
    scene: Annotated[
        str,
        typer.Argument(help="Scene, song or setlist: a name (see --list) or a .toml file.", autocompletion=names.music),
    ] = "first_light",
    driver: Annotated[
        str | None,
        typer.Option(help="jack, portaudio or null; default: the best that runs.", autocompletion=names.drivers),
    ] = None,
    frames: Annotated[int | None, number("Frames a block.", 16, 2048, unit="frames")] = None,
    rate: Annotated[int | None, number("Sample rate in Hz; default: the driver's.", 44100, 192000, unit="Hz")] = None,
    device: Annotated[str | None, typer.Option(help="PortAudio device by name pattern.")] = None,
    server: Annotated[str | None, typer.Option(help="Name of the JACK server.")] = None,
    inputs: Annotated[int | None, number("Audio inputs.", 0, 8, unit="inputs")] = None,
    outputs: Annotated[int | None, number("Audio outputs; default: 2.", 1, 8, unit="outputs")] = None,
    resize_server: Annotated[
        bool,
        typer.Option(
            "--resize-server", help="Let --frames change the period of a shared JACK server; given back at the end."
        ),
    ] = False,
    own_rig: Annotated[
        bool, typer.Option("--rig/--no-rig", help="Use and keep the sound and the MIDI ports of your rig file.")
    ] = True,
    seconds: Annotated[
        float | None, number("Stop by itself after so long.", 0, 365 * 24 * 3600, unit="seconds")
    ] = None,
    record: Annotated[Path | None, to_write("Record the master to a .wav or .flac file.", suffixes=RECORDINGS)] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Play a short built-in piece, again and again.")] = False,
    headless: Annotated[bool, typer.Option("--headless", help="No panel: a status line instead.")] = False,
    midi: Annotated[str, typer.Option(help='Pattern of the MIDI ports to hear; "none" opens none.')] = "*",
    follow_clock: Annotated[bool, typer.Option("--follow-clock", help="Follow incoming MIDI clock.")] = False,
    clock_from: Annotated[str, typer.Option(help="Follow the MIDI clock of the port of this name or pattern.")] = "",
    send_clock: Annotated[bool, typer.Option("--send-clock", help="Send MIDI clock.")] = False,
    control_port: Annotated[int, number("UDP/TCP port of the control protocol; 0: any.", 0, 65535)] = 0,
    recover: Annotated[bool, typer.Option("--recover", help="Take back what the last run left unsaved.")] = False,
    list_scenes: Annotated[bool, typer.Option("--list", help="List scenes, songs and setlists, and stop.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a summary as JSON at the end.")] = False,
) -> None:
    """Open a scene and play: keyboard, pads, virtual MIDI ports; with the panel where there is a display."""
    from realtime.engine import takes

    if list_scenes:
        _list(as_json)
        return
    if record is not None:
        takes.kind_of(record)  # refused before anything starts
    from realtime.session.songs.find import ambiguity, find_music

    find_music(scene)  # a name that there is not is told before anything is compiled
    headless = headless or not has_display()
    panel = PlayPanel(wanted=not headless)
    try:
        prepare_kernels(quiet=as_json, told=panel.prepare)
        from realtime.session.audio_wish import remembered
        from realtime.session.demo import Demo
        from realtime.session.rig_file import user_rig
        from realtime.session.session import Options, Session

        terminal = Terminal()
        options = Options(
            scene=scene, driver=driver, frames=frames, sample_rate=rate, device=device, server=server, inputs=inputs,
            outputs=outputs or 2, resize_server=resize_server, rig_file=user_rig() if own_rig else None,
            midi=midi != "none", midi_ports=tuple(midi.split(",")), control_port=control_port,
            follow_clock=follow_clock, clock_from=clock_from, send_clock=send_clock, recover=recover,
        )  # fmt: skip
        if own_rig:
            options = remembered(options, terminal.tell, any_outputs=outputs is None)
        stop, hangup = threading.Event(), threading.Event()
        stop_on_signals(stop, hangup)
        session = Session(options)
        session.on_message = terminal.tell
        said = ambiguity(scene)
        with session:
            if (
                own_rig and session.choice.name != "jack"
            ):  # a look joins the server for a moment: there, when it is asked for
                session.audio.look()
            if said:
                session.say(said)
            first_sound_s = time.monotonic() - PROFILE_START
            piece = Demo(session.note, session.scene.tempo_bpm).start() if demo else None
            if record is not None:
                session.record(str(record.absolute()), anywhere=True)
            if session.control is not None:
                panel.open(session.control.server.port)
            try:
                _loop(session, seconds, stop, Hangup(hangup), panel, terminal, quiet=as_json)
            finally:
                if piece is not None:
                    piece.stop()
                panel.end()
            meters = session.engine.meters.snapshot()
            summary = {
                "scene": session.scene.name, "driver": session.choice.name, "description": session.driver.description,
                "why": session.choice.why, "ready_s": round(first_sound_s, 3), "notes": session.notes_heard,
                "answered": session.player_notes, "xruns": session.driver.xruns, "meters": meters,
                "recorded": session.recording,
            }  # fmt: skip
        if as_json:
            terminal.result(summary)
    finally:
        panel.end()


def _list(as_json: bool) -> None:
    """All that can be played: its name, what it is, its title, tags and a line about it."""
    from realtime.session.songs.listing import listing

    rows, faults = listing()
    for sentence in faults:  # one that is being written must not hide the others
        Terminal().tell(sentence)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        what = "" if row["kind"] == "scene" else f" ({row['kind']})"
        about = f": {row['description']}" if row["description"] else ""
        say((row["name"], "bold"), f"{what} — {row['title']}{about}")


def _loop(
    session,
    seconds,
    stop: threading.Event,
    hangup: Hangup,
    panel: PlayPanel,
    terminal: Terminal,
    quiet: bool,
) -> None:
    deadline = None if seconds is None else time.monotonic() + seconds
    live = terminal.is_live and not quiet
    last = 0.0
    while not stop.is_set() and (deadline is None or time.monotonic() < deadline):
        session.tick()
        if hangup.is_over(session):
            break
        now = time.monotonic()
        if now - last > (0.1 if live else 1.0) and not quiet and not (panel.is_open and live):
            last = now
            session.guard.run("the status line", lambda: terminal.status(status_line(session), live))
        status = panel.closed()
        if status == 0:
            break  # the window was closed: the performer is done
        if status is not None:
            how = "was closed" if status == CLOSED else f"ended (code {status})"
            session.say(f"the panel {how}; the sound goes on, `antiphon panel` opens it again")
        time.sleep(1.0 / 60.0)
    if not quiet:
        terminal.end_status(status_line(session), live)
