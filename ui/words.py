"""Every word of the Rack, Map and Rig views and of the browser, in one place for translators."""

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
WHOLE_RANGE = "whole range"

# MIDI ports
PORT_MISSING = "not seen since {}"
PORT_GONE = "not there"
PORT_IGNORED = "ignored"
PORT_OPEN = "in use"
PORT_NEW = "new: use or ignore it?"
