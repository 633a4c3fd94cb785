"""Players: the band's room. What is heard of the music, what everybody plans, a strip for each player."""
