"""The workshop of `changes`, chord and key following: a hidden Markov model (tables), a conditional random field that
harmonises a melody (tables), and a small recurrent net beside them; [workshop]."""
