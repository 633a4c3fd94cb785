"""Descriptors of music: sounds (spectra, cepstra, chroma, onsets, beat, pitch) and notes (rhythm, tonality, melody,
texture); [workshop]. `table` gives flat tables; the modules give the arrays behind them."""
