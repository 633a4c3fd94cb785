"""`chorale`: four-part harmony after Bach, causal for playing along and orderless for filling in; [workshop]."""
