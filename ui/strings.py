"""Every word the panel shows, in one place for translators. A view's words stand together under its name."""

APP = "Antiphon"

# shared
ON, OFF = "on", "off"
NAMES_OF_SWITCH = (("off", "no", "0", "false"), ("on", "yes", "1", "true"))
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
PLAY = "Play"
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

# foot
NO_SCENE = "No scene"
TIP_SCENE = "Choose a scene (Ctrl+PgUp and Ctrl+PgDn step)"
SCENES = "Scenes"
EDITED, EDITED_SHORT = "● edited, not saved", "● edited"
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
PIANO, SCOPE, SPECTRUM = "Piano", "Scope", "Spectrum"
TIP_PIANO = "The piano on the screen (F2)"
TIP_SCOPE = "Scope and spectrum of the output (F3)"
RECORDING_TO = "Recording to {}"
SONG_TYPED = "Song {} – Enter"

# dead engine
SEARCHING = "No instrument answers yet."
DEAD = "The instrument has ended. The sound is off."
SILENT = "The instrument does not answer. Its sound may go on."
REVIVING = "Starting the instrument again …"
REVIVE_FAILED = "It did not start: {}"
REVIVE = "Bring it back"
RECONNECT = "Reconnect"

# the first start on a machine
PREPARING = "Making your instrument ready"
PREPARING_WHY = "Its sound is compiled for this machine, once; the next start is quick."
PREPARED = "Opening the scene …"
LEFT_SOON, LEFT_S, LEFT_MIN = "a few seconds to go", "about {} s to go", "about {} min to go"

# closing
END_ASK = "{} Closing this window would end it."
END_RECORDING = "A recording is running."
END_SOUNDING = "The instrument sounds."
END_STAY = "Stay"
END_PANEL_ONLY = "Close the panel, play on"
END_SHOW = "End"

# piano
VELOCITY = "Velocity"
SUSTAIN = "Sustain"
TIP_OCTAVE = "Octave of the computer keyboard (← and →)"
TIP_VELOCITY = "Velocity of the computer keyboard"
TIP_SUSTAIN = "Sustain pedal"

# meters
OUTPUT = "Output"
REDUCTION = "limiter"

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
TO_TABLE, TIP_TO_TABLE = "Table", "All assignments, in the place of the picture"
TO_PICTURE, TIP_TO_PICTURE = "Controller", "Back to the picture of the controller"
CLOCK_FOLLOW = "Clock from"
TIP_CLOCK_FOLLOW = "Whose MIDI clock leads the tempo and the bars"
CLOCK_NOBODY, CLOCK_ANY = "our own tempo", "whoever sends one"
MORE_PLAYERS = "{} more"
MACRO_PAGE = "Page {} of {} of what your controls move"
NO_PLAYERS = "No player in this scene"
PLAYER_LATE = "{} late, by {:.0f} ms"
PLAYER_HITS = "{} % in time"
PLAYER_BY = "by its {}"
PLAYER_RUNGS = {"full": "", "model": "", "hold": "holds its last bars", "rules": "by rule"}
"""A rung of a player's ladder in words; a name that is not here is said as it is."""
PLAN = "What the players plan"
NO_PLAN = "What the players plan comes here, before it sounds"
THEN = "→ {}"
DRUM_NAMES = {
    "cymbal": "cymbals", "hat": "hi-hat", "tom": "toms", "percussion": "percussion", "snare": "snare", "kick": "kick",
}  # fmt: skip
CHOOSE_FILE, OPTION_OF, NOT_GIVEN = "{}: choose a file", "{} of {}", "–"
CHORD_NOW, CHORD_NEXT, KEY_NOW, SECTION_NOW, BEAT_NOW = "Chord", "Next chord", "Key", "Section", "Beat"
NO_CHORD = "–"
BAND_SECTIONS = {
    "intro": "Intro", "verse": "Verse", "chorus": "Chorus", "bridge": "Bridge", "fill": "Fill", "break": "Break",
    "solo": "Solo", "ending": "Ending",
}  # fmt: skip
TIP_SECTION = "The band goes there with the next bar"
BAND_INTENSITY = "Band intensity"
AS_HEARD = "{} as heard"
PLAYS, RESTS = "ON", "OFF"
FREEZE, FROZEN = "FREEZE", "FROZEN {}"
MUTE_WORD, SOLO_WORD = "MUTE", "SOLO"
PLAYER_ASKS = {
    "again": ("Again", "Its last bars once more"),
    "mutate": ("Mutate", "Its last bars with part of them drawn anew"),
    "undo": ("Undo", "Back to the take before"),
}
SEED, DICE, TIP_SEED = "Seed", "Throw the dice", "The same seed, the same notes: drag, or double-click to type"
MORE_OF, MORE, LESS = "More of {}", "More", "Less"
PLAYER_MENU = "Menu of {}"
HEARS_WHOM, HEARS_NOBODY = "hears {}", "hears nobody"
HEARD_NAMES = {"keys": "your keys", "players": "all players", "panel": "the panel"}
A_PLAYER_OF = "{} {}"
GOES_NOWHERE = "no track"
LANE_LINE = "{} → {}"
LANE_CHANNEL = "ch {}"
LANE_MIDI, SEND_MIDI = "MIDI out", "MIDI"
LANE_PROGRAM = "program {}"
PROGRAM_OF, CHANNEL_OF_LANE, MIDI_OF_LANE, TRACK_OF_LANE = (
    "Program of {}", "Channel of {}", "MIDI out of {}", "Track of {}",
)  # fmt: skip
TIP_PROGRAM = "Program 0 to 127 that is sent as the lane is joined; -1: none"
TIP_LANE_MIDI = "Whether this lane is also sent to MIDI out{}"
TO_PORT = ": {}"
HOW_IT_PLAYS, ITS_OWN, ITS_LANES = "How it plays", "Its own", "Where it plays"
TIP_XY = "Drag the point, or move it by the arrows (Shift: finely)"
X_IS, Y_IS = "X: {}", "Y: {}"
ADD_A_PLAYER, TIP_ADD_PLAYER = "Add a player", "Add a player; undo takes it out again"
PLAYERS_HINT = "Drag a level (Shift: finely) · right press: type, learn · More: guard, swing, lanes, its own knobs"

# models
NO_ASSETS = "This instrument lists nothing to load"
MODELS_HINT = "double click or Enter: put it where it fits · drop a .nam, .onnx, .wav, .mid or .toml anywhere"
SHIPPED, YOURS = "shipped", "yours"

# starting
NO_DISPLAY = (
    "there is no display for the panel (DISPLAY and WAYLAND_DISPLAY are not set); the instrument plays without one"
)
NO_QT = "the panel cannot start ({}); install what is missing, or play without it: `antiphon play --headless`"
SCREENSHOT_ALONE = "No Antiphon answered within {:.0f} s, so there is nothing to draw; start it with `antiphon play`."
SCREENSHOT_UNWRITTEN = "The screenshot could not be written to {}; choose a .png in a folder that exists."

# what a drop or an edit would do
GONE = "That is not in the rack any more"
NO_PLACE = "{} cannot be put here"
INTO_A_CHAIN = "A device goes between the devices of a track, a bus or the master"
MASTER_STAYS = "The master stays where it is"
MOVE = "Move {} into {}"
MOVE_CHAIN = "Move {}"
REPLACE = "Replace {} by {}"
NEW_TRACK = "A new track with {}"
ADD = "Add {} to {}"
LOAD = "Load {}"
ADD_SONG = "Add {} to the setlist"
NO_FILE = "{}: a .nam, .onnx, .wav, .mid or .toml file can be dropped here"
TRACK = "Track"

# browser
ONE_PLAYER = "1 player"
PLAYERS_COUNTED = "{} players"
PARAMETERS_COUNTED = "{} parameters"
PARTS_COUNTED = "{} parts"
ASSET_KINDS = {
    "nam": "amp capture",
    "onnx": "model",
    "wav": "impulse or sample",
    "midi": "MIDI file",
    "scene": "scene",
}

# names of what is no parameter of a device
NODE_NAMES = {
    "/panic": "panic",
    "/record": "record",
    "/undo": "undo",
    "/redo": "redo",
    "/setlist/next": "next song",
    "/setlist/previous": "previous song",
    "/setlist/next_part": "next part",
    "/setlist/previous_part": "previous part",
    "/setlist/song": "song",
    "/setlist/part": "part",
    "/transport/playing": "play",
    "/transport/tempo_bpm": "tempo",
    "/tempo/tap": "tap tempo",
    "/morph/position": "morph",
    "/snapshot/recall": "snapshot",
    "/click/on": "click",
    "/lock": "lock",
    "/mix/master/gain_db": "master level",
}

# MIDI ports
PORT_MISSING = "not seen since {}"
PORT_IGNORED = "ignored"
PORT_OPEN = "in use"
PORT_NEW = "new: use or ignore it?"

# rack
KINDS = {
    "instrument": "instrument",
    "effect": "effect",
    "neural": "neural",
    "midi": "MIDI device",
    "plugin": "plugin",
    "player": "player",
}
SOURCES = {"keys": "Keys", "players": "Players", "panel": "Panel"}
BYPASSED = "bypassed"
SIDECHAINED = "hears {}"
LOAD_PERCENT = "{:.1f} %"
MUTED = "muted"
BUS = "bus"
MASTER_ABOUT = "all that is heard"
NOBODY = "nobody plays it"
THAT = "That"
AUDIO_IN = "Audio in {}"
AUDIO_FROM = "from {}"
VELOCITIES = "vel {}–{}"
CHANNELS = "ch {}"
OUT_PAIR = "out {}/{}"
LEVEL_OF = "Level of {}"
ADD_DEVICE = "Add a device to {}"
ADD_TRACK, ADD_BUS, ADD_PLAYER = "Track", "Bus", "Player"
ADD_TRACK_TIP = "Add a track: an instrument, or an audio input"
ADD_BUS_TIP = "Add a bus: an effect that tracks are sent to"
ADD_PLAYER_TIP = "Add a player"
NOTHING_TO_ADD = "This instrument does not list its devices"
TIP_SLOT = "{} ({}): press to open, drag to move, right press for more"
TIP_HEADER = "Press for zones, drag to move, right press for more"
TIP_MASTER = "The master: what all tracks and buses go through"
TIP_BYPASS = "On or bypassed, without a click (Ctrl+E)"
TIP_TAB = "More of this device"
TIP_ZONES = "Splits, layers and velocity zones"
TIP_BROWSER = "Scenes, devices, models and songs to drag into the rack"
NOTHING_OPEN = "No device is open"
ZONES, ZONES_TITLE, BROWSER = "Zones", "Zones", "Browser"
MAIN, GENERAL = "Main", "General"
NO_RACK = "Waiting for the instrument"
NO_LAYOUT = "This instrument does not tell how its rack is laid out (/rack/layout): it is older than this panel."
EMPTY_RACK = "The rack is empty: drop a device here, or choose a scene"
RACK_HINT = (
    "Drag to move · + adds · drop .nam .onnx .wav .mid .toml · right press: learn, rename, replace · Delete removes"
)

# the rack's menus
OPEN, OPEN_ZONE = "Open", "Zones of this track"
BYPASS, RENAME, NEW_NAME = "Bypass", "Rename …", "Name"
REPLACE_BY, MOVE_TO, SIDECHAIN, NO_SIDECHAIN = "Replace by", "Move to", "Sidechain", "none"
DUPLICATE, COPY, PASTE, REMOVE = "Duplicate", "Copy", "Paste", "Remove"
NO_MIDI, MISSING_PORT = "No MIDI", "{} (not there)"
PORT_OF_LANE = "MIDI output of {}"
TIP_PORT = "Which MIDI output it goes to"
CHART, CHART_TEXT = "Chart", "The chart as text"
TIP_CHART = "Write the chords that lead the band, bar by bar"
CHART_EXAMPLE = "[verse]\n| C | Am7 . D7 . |\n| G7 | % |\n[ending]\n| C |"
CHART_APPLY, CHART_REVERT = "Play it", "As it was"
TIP_CHART_APPLY = "Make it the scene's chart; undo brings the former one back"
TIP_CHART_REVERT = "Back to the chart that the scene has"
CHART_FAULT, CHART_MORE_FAULTS, CHART_BARS = "Line {}: {}", "  (and {} more)", "{} bars"
CHART_NOT_APPLIED, CHART_PLAYS = "not played yet", "the scene's chart"
MOVE_LEFT, MOVE_RIGHT = "Move left", "Move right"
FILE, OTHER_FILE, OPTION_IS = "File", "Another file …", "{}: {}"
HEARS, GOES_TO, FROM_AUDIO = "Hears", "Goes to", "From an audio input"
LEARN_BYPASS, LEARN_LEVEL, LEARN_MUTE = "Learn its bypass", "Learn its level", "Learn its mute"

# zones
TIP_RANGE = "Drag the ends or the middle; arrows move it, with Shift the upper end, with Alt the lower one"
WHOLE_KEYBOARD, EVERY_VELOCITY = "whole keyboard", "every velocity"
KEYBOARD = "Keyboard"
KEYS_OF, VELOCITIES_OF, TRANSPOSE_OF, CHANNELS_OF = (
    "Keys of {}",
    "Velocities of {}",
    "Transposition of {}",
    "Channels of {}",
)
TIP_TRANSPOSE = "Semitones that this track is transposed: drag, arrows, or type"
ALL_CHANNELS, CHANNEL, ONLY_CHANNEL = "all channels", "Channel {}", "Only channel {}"
ZONE_HINT = "Press a key of the picture to split there"
LAYER = "Layer"
TIP_LAYER = "Let the chosen track (or all) play on the whole keyboard"
SPLIT_AT = "Split at {}"
SPLIT_PAIR = "{} below, {} from here"
SPLIT_NEEDS_TWO = "A split needs two tracks that are played by keys"

# browser's buttons
SECTIONS = {"scenes": "Scenes", "devices": "Devices", "models": "Models", "songs": "Songs"}
ORIGINS = {"factory": "factory", "user": "yours"}
SEARCH_LIBRARY = "Search titles, tags, descriptions"
FAVOURITE, ONLY_FAVOURITES = "Favourite", "Only favourites"
TAGS, TAGS_CHOSEN, EVERY_TAG = "Tags", "Tags: {}", "Every tag"
TIP_TAGS = "Show only what has a tag"
NO_LIST = "This instrument has no {}"
NOTHING_FOUND = "Nothing fits the search"
NOTHING_HERE = "Nothing is here yet"
LOAD_IT, ADD_TO, ADD_NEW, ADD_SONG_IT = "Load", "Add to {}", "Add as a track", "Add to setlist"
HEAR, HEARING, KEEP_IT, BACK = "Hear", "Hearing {}", "Keep", "Back"
TIP_HEAR = "Hear it here, with a way back (a device: in the place of the one that is chosen)"

# learning
LEARN_OFF, LEARN_WAITING, LEARN_HEARD = "LEARN", "LEARN — waiting", "LEARN — heard"
NO_LEARN = "LEARN — this instrument cannot"
LEARN_START, KEEP, CANCEL_LEARN, WHICH = "LEARN", "KEEP", "Cancel", "Which?"
TIP_LEARN = "Move a control, and press or move what it shall move, in either order"
LEARN_HOW = "Press LEARN, then move a control."
LAST_IN, TARGET_IS = "last in: {}", "target: {}"
LEARN_NOTHING_YET = "nothing yet: move a control"
LEARN_MOVE = "move a control"
LEARN_NO_TARGET = "press or move a knob of the panel"
LEARN_ALL = "all of them"
LEARN_RANGE = "range {} – {} · curve {}"
LEARN_LINE = "Learn {}: {}"
LEARN_DRAGS = "It would move {} things: which shall it move?"

# map
CURVES = {"own": "own", "lin": "linear", "log": "log", "exp": "exp", "s": "S"}
MAP_COLUMNS = (
    "source", "target", "from", "to", "curve", "mode", "press", "takeover", "feedback", "scope", "layer / page",
)  # fmt: skip
MAP_WORDS = {
    "own": "own", "lin": "linear", "log": "log", "exp": "exp", "s": "S", "any": "any", "short": "short", "long": "long",
    "double": "double", "auto": "auto", "off": "off",
}  # fmt: skip
MAP_STATES = {
    "waiting": "Waits to be picked up: move it past the value", "caught": "Has its value in hand",
    "absent": "No such control is plugged in", "lost": "What it moved is not in this scene", "hidden": "Hidden by a narrower one",
}  # fmt: skip
WAITS = "(waits)"
FREE, PICK_UP = "moves nothing", "pick up"
NOTHING = "nothing"
EVERY_LAYER, LAYER_PAGE = "all", "{} / {}"
NO_LAYER = "“{}” is no layer: type a number, or layer / page such as 1 / 2; 0 is all"
NO_NUMBER = "“{}” is no number"
ASSIGNMENTS, ONE_ASSIGNMENT, ASSIGNMENTS_COUNTED = "Assignments", "1 assignment", "{} assignments"
NO_ASSIGNMENTS = "Nothing is assigned yet: press LEARN, move a control, press a knob"
NO_MAP = "This instrument has no map (/map/list)"
NO_CONTROLLER = "No controller is plugged in"
NO_CONTROLLERS = "This instrument does not tell of its controllers (/controllers/list)"
CONNECTED, NOT_CONNECTED = "connected", "not plugged in"
HAS_PROFILE, NO_PROFILE, HAS_LIGHTS = "profile {}", "no profile: its controls are learned one by one", "lights"
PROFILE, PROFILE_ASK = "Profile …", "Profile of {} (empty: by its name)"
TIP_PROFILE = "What this box has: chosen by its name, or by you"
LAYER_NAME, PAGE_NAME = "layer", "page"
TIP_LAYER_NUMBER = "Drag, arrows, or type; 0 is all"
INVERT, TIP_INVERT = "Invert", "The chosen target goes the other way"
TIP_REMOVE_MAP = "Remove the chosen assignment (Delete)"
LEARN_FOR_IT, REMOVE_TARGET = "Learn what it moves", "Remove: {}"
MAP_HINT = (
    "Move a control, then press what it shall move · double press a cell to edit it · Delete removes an assignment"
)

# rig: audio
AUDIO, DRIVER, DEVICE, SERVER, RATE, BLOCK = "Audio", "driver", "device", "server", "rate, block", "block"
INPUTS, OUTPUTS = "channels", "outputs"
DRIVERS = {"jack": "JACK", "portaudio": "PortAudio", "null": "silent clock"}
DEFAULT_DEVICE, SERVER_DEFAULT = "the system's own", "default"
HZ, FRAMES, INS, OUTS = "{:g} kHz", "{} frames", "{} in", "{} out"
APPLY, REVERT = "Apply", "Revert"
RESIZE = "may resize"
TIP_RESIZE = "Let the block size of the shared JACK server be changed; it is given back on quitting"
LOOK_AGAIN, TIP_LOOK = "Look", "Look for audio devices anew"
SOUNDS_NOW = "now: {} · latency {:.1f} ms"
STANDS_STILL = "stands still: {}"
CHANGING, CHANGED = "Changing …", "Changed; it sounds"
NOT_CHANGED = "It has not changed; what worked goes on"
NO_AUDIO = "This instrument does not tell of its audio (/audio/state)"
NOT_THERE = "not in this instrument"

# rig: MIDI
MIDI, USE, IGNORE, SET_UP = "MIDI", "Use", "Ignore", "Set up …"
DIRECTIONS = {"in": "(in)", "out": "(out)"}
ASK, TIP_ASK = "Ask about new", "A port that is not known waits until you use or ignore it"
THRU, TIP_THRU = "Thru", "What you play goes on to MIDI out"
TRANSPOSE, TIP_TRANSPOSE_ALL = "transpose", "Semitones for all that is played by hand; drums stay"
NO_PORTS = "No MIDI port is there; plug one in"
NO_PORT_LIST = "This instrument does not list its MIDI ports (/midi/ports)"
VELOCITY_CURVE, OCTAVE_SHIFT, ALL_TO, KEEP_OUT = "Velocity curve", "Octaves", "All channels to", "Keep out"
INVERTED, DRUMS_ON = "Inverted pedals", "Drum channels"
VELOCITY_CURVES = {"soft": "soft touch", "linear": "as played", "hard": "hard touch"}
OCTAVES = "octave {:+d}"
AS_THEY_COME, AS_THE_RIG, YES, NO = "as they come", "as the rig", "yes", "no"
FILTERS = {
    "notes": "notes", "aftertouch": "aftertouch", "control_change": "controllers", "program_change": "program changes",
    "pitch_bend": "pitch bend", "sysex": "system exclusive", "clock": "clock", "transport": "start and stop",
    "active_sensing": "active sensing",
}  # fmt: skip
PEDAL_SUSTAIN, SOSTENUTO, SOFT_PEDAL = "sustain", "sostenuto", "soft"
MONITOR, NO_MONITOR = "MIDI monitor", "MIDI monitor: not in this instrument"
WHICH_PORT, EVERY_PORT = "Port", "every port"
HOLD, TIP_HOLD = "Hold", "Stand still, to read"
NO_CLOCK, TIP_NO_CLOCK = "No clock", "Without clock and active sensing, which flood it"
BYTES = "bytes {}"

# rig: keyboard
KEYBOARD_SETUP = "Keyboard"
SETUP_HOW = "A rented keyboard: play a scale, press the pedals, keep."
SETUP_STEPS = {
    "start": "Set up",
    "scale": "Scale again",
    "touch": "Touch",
    "pedals": "Pedals",
    "keep": "KEEP",
    "cancel": "Cancel",
}
NO_SETUP = "This instrument cannot set a keyboard up (/keyboard/setup)"
VELOCITY_PICTURE = "How hard you play, and the curve it goes through"
SOFT, LOUD, PLAY_TO_SEE = "soft", "loud", "play to see your touch"

# rig: sync and tonight
SYNC = "Sync and click"
NO_SYNC = "To follow a MIDI clock: antiphon play --follow-clock"
TONIGHT = "Tonight"
RECORDING_LINE = "recording: {}"
UNKNOWN = "unknown"
NO_SAVE = "This instrument cannot save (/save)"
UNSAVED, ALL_SAVED = "{}: edited, not saved", "{}: saved"
LATE_LINE = "late blocks {} · xruns of the driver {}"
NOTHING_TO_RECOVER, NO_RECOVERY = "after the last end: nothing to recover", "This instrument offers no recovery"
RECOVER, DROP = "Bring it back", "Let it go"
LOCK_STAGE, TIP_LOCK_RIG = "Lock the stage", "Perform mode: no edits, no overwriting, no deleting (Ctrl+L)"
RIG_HINT = "Changes of audio are faded; what fails goes back to what worked"
