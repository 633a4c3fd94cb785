"""Controllers and what they move, as data and pure rules: no engine, no thread, no tree."""
