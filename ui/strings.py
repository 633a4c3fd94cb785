"""Every word the panel shows, in one place for translators. A view's words stand together under its name."""

APP = "Antiphon"

# shared
ON, OFF = "on", "off"
NAMES_OF_SWITCH = (("off", "no", "0", "false"), ("on", "yes", "1", "true"))
LEFT, RIGHT = "L", "R"
YOU = "you"
MASTER = "Master"
MIXER = "Mixer"
SEARCH = "Search"
NONE = "–"

# controls
TIP_CONTROL = (
    "Drag (Shift: fine); wheel after a click; double-click: the scene's value; Alt+double-click: factory; Enter: type"
)
TYPE_VALUE = "Type a value"
TO_SCENE = "Scene value: {}"
TO_FACTORY = "Factory value: {}"
LEARN = "Learn: move a control for it"
NOT_A_VALUE = "“{}” is no value for {}; type for example {}."
NO_SUCH_NODE = "This instrument has no {}; an older or smaller one answers here."

# header
VIEWS = "Views"
STAGE, RACK, PLAYERS, MAP, RIG, MODELS = "Stage", "Rack", "Players", "Map", "Rig", "Models"
TAP = "Tap"
TEMPO = "Tempo"
METRE = "Beats in a bar"
POSITION = "Bar and beat"
PLAY, STOP = "Play", "Stop"
RECORD = "REC"
PANIC = "PANIC"
LOCK = "Lock"
TIP_PLAY = "Start or stop (Space); stop once more goes back to bar 1 (Home)"
TIP_TEMPO = "Tempo in beats a minute: drag, wheel after a click, double-click to type"
TIP_TAP = "Tap the tempo"
TIP_METRE = "Beats in a bar: drag, wheel after a click, double-click to type"
TIP_RECORD = "Record the output into your music folder (Ctrl+R)"
TIP_PANIC = "Silence everything at once (Shift+Esc)"
TIP_LOCK = "Perform mode: nothing can be edited, overwritten or deleted (Ctrl+L)"
LOCKED = "Locked: perform mode"
UNLOCKED = "Unlocked"

# foot
NO_SCENE = "No scene"
TIP_SCENE = "Choose a scene (Ctrl+PgUp and Ctrl+PgDn step)"
SCENES = "Scenes"
EDITED = "● edited, not saved"
SAVED = "saved"
SAVE, SAVE_AS, COMPARE = "Save", "Save as", "A|B"
TIP_SAVE = "Save the scene under its name (Ctrl+S)"
TIP_SAVE_AS = "Save the scene under another name (Ctrl+Shift+S)"
TIP_COMPARE = "Compare: the other of two snapshots A and B"
SAVE_AS_ASK = "Save the scene as"
OVERWRITE_ASK = "“{}” exists already. Overwrite it?"
OVERWRITE, CANCEL = "Overwrite", "Cancel"
SNAPSHOT_NOW = "Snapshot {}"
UNDO, REDO = "Undo", "Redo"
UNDO_NAMED, REDO_NAMED = "Undo: {} (Ctrl+Z)", "Redo: {} (Ctrl+Shift+Z)"
NOTHING_TO_UNDO, NOTHING_TO_REDO = "Nothing to undo", "Nothing to redo"
UNDONE, REDONE = "Undone: {}", "Redone: {}"
PIANO, SCOPE, SPECTRUM = "Piano", "Scope", "Spectrum"
TIP_PIANO = "The piano on the screen (F2)"
TIP_SCOPE = "Scope and spectrum of the output (F3)"
RECORDING_TO = "Recording to {}"
REFUSED = "{}"
SONG_TYPED = "Song {} – Enter"

# dead engine
SEARCHING = "No instrument answers yet."
DEAD = "The instrument has ended. The sound is off."
SILENT = "The instrument does not answer. Its sound may go on."
REVIVING = "Starting the instrument again …"
REVIVE_FAILED = "It did not start: {}"
REVIVE = "Bring it back"
RECONNECT = "Reconnect"

# closing
END_ASK = "{} Closing this window would end it."
END_RECORDING = "A recording is running."
END_SOUNDING = "The instrument sounds."
END_STAY = "Stay"
END_PANEL_ONLY = "Close the panel, play on"
END_SHOW = "End"

# piano
OCTAVE = "Octave"
VELOCITY = "Velocity"
SUSTAIN = "Sustain"
TIP_OCTAVE = "Octave of the computer keyboard (← and →)"
TIP_VELOCITY = "Velocity of the computer keyboard"
TIP_SUSTAIN = "Sustain pedal"

# meters
OUTPUT = "Output"
REDUCTION = "limiter"

# views
EMPTY_VIEW = "Nothing is here yet."
EMPTY_RACK = "The rack is empty: choose a scene below"

# stage
SONG, PARTS, ROLL, LYRICS, NEXT = "Song", "Parts", "Roll", "Lyrics", "NEXT"
IN_KEY = "key {}"
LOADED, LOADING = "loaded ✓", "loading …"
LAST_SONG = "–"
NOTHING_YET = "Play: what you and the players play goes by here"
COMES_NEXT = "{}: what comes next"
IN_BEATS = "in {:.0f} beats: {}"
WORST_LOAD = "CPU worst {:.0f} %"
LATE_XRUNS = "late {}   xruns {}"
STAGE_HINT = "Space: play or stop · Esc: keys to the piano · Shift+Esc: panic · Ctrl+PgDn: next scene · Ctrl+1…7: views"

# mixer
PAN = "Pan"
SENDS_AND_PAN = "Sends and pan"
MUTE, SOLO = "Mute", "Solo in place"
MUTE_SHORT, SOLO_SHORT = "M", "S"
OUT = "out {}"
TIP_OUT = "Outputs that this track leaves by"
MIXER_HINT = "drag a fader (Shift: fine) · Enter: type dB · double-click: the scene's level · S: solo in place"

# players
NO_PLAYERS = "No player in this scene"
PLAYER_LATE = "{} late, by {:.0f} ms"
PLAYER_LOAD = "{:.0f} % of a core"

# models
NO_ASSETS = "This instrument lists nothing to load"
MODELS_HINT = "double click or Enter: put it where it fits · drop a .nam, .onnx, .wav, .mid or .toml anywhere"
SHIPPED, YOURS = "shipped", "yours"

# starting
NO_DISPLAY = (
    "there is no display for the panel (DISPLAY and WAYLAND_DISPLAY are not set); the instrument plays without one"
)
NO_QT = "the panel cannot start ({}); install what is missing, or play without it: `antiphon play --headless`"
NO_VIEW = "there is no view {!r}; choose one of {}"
SCREENSHOT_ALONE = "No Antiphon answered within {:.0f} s, so there is nothing to draw; start it with `antiphon play`."
SCREENSHOT_UNWRITTEN = "The screenshot could not be written to {}; choose a .png in a folder that exists."


def driver(description: str, sample_rate_hz: float, frames: int) -> str:
    """What sounds, for the foot line."""
    if not description:
        return ""
    rate = f"{sample_rate_hz / 1000:g} kHz" if sample_rate_hz else ""
    block = f"{frames} frames" if frames else ""
    return " · ".join(part for part in (description, rate, block) if part)
