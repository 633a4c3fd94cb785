"""The one door: the tree of parameters over OSC and OSCQuery, for panel, tablet, learn and command line; no audio-thread code."""
