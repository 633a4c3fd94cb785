"""The one door: the tree of parameters over OSC and OSCQuery for panel, tablet and command line; no audio thread."""
