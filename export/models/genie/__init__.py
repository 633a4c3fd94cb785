"""genie: a discrete autoencoder that lets eight buttons play eighty-eight keys, with chords (Donahue et al. 2018);
[workshop]."""
