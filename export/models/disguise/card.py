"""The card of `disguise`: what it learned, how far it goes, how its bars sound; [workshop]."""

CARD = """Learned without pairs from two-bar windows of: Bach's chorales (baroque), Nottingham tunes with block chords
(folk), POP909 (pop), songs of about 1900 to 1930 from OpenEWLD whose chord symbols were played as plain blocks by
rule (jazz: the melody is real, the accompaniment is not), OpenScore's string quartets and Lieder (classical). One
generator is told the style to make; cycle and identity losses hold it to the music it was given, a chroma loss to its
harmony. Its styles are those textures, not what a listener may mean by the words. It knows sixteenths of 4/4, no
velocities (they are taken from the notes nearby), one part. The judge is another net, taught on other pieces, and had
no say in the training.

Two things are done when it plays. Where fewer than four notes in ten change, the style weighs up to half more
(parameter `reach`), as far as the chroma stays above 0.85 of likeness and without new notes from outside the key; the
limits were chosen by likeness to the old music and a linear classifier, not by the judge. And a copy guard reads the
line on top: the note that would be the twelfth of any run of the training music moves to the likeliest other pitch
(longest run in 60 transferred excerpts: 11; without the guard 12).

Measured on held-out pieces (valid), means over all 20 directions: the judge knows 92.8 % of real windows (chance 20;
each pair at least 92.7 %); strength S_tot 84.6 % (Brunner et al.'s best on one pair: 71.6; without reach 78.6),
chroma similarity 0.86, onset F1 0.73, note F1 0.50. That mean hides much: between textures that differ (folk or jazz
with anything) the strength is 0.90 to 1.0, but three of the ten pairs stay below 0.716: baroque with classical 0.42
(0.21 without reach), pop with classical 0.60 (0.40), baroque with pop 0.64 (0.55). The hardest directions are pop and
classical to baroque, which the judge still hears as what they were (0.59, 0.56). Letting reach go on until half of
the notes have changed, and bring notes from outside the key, lifts the three pairs to 0.47, 0.66 and 0.81, but then
the share of notes in key falls from 0.91 to 0.88, so it does not. Amount 0.75 gives strength 0.26 at chroma 0.95,
amount 1.25 0.89 at 0.79.

The 32 bars drawn: a Nottingham reel as pop. The tune stays on top, note for note in most bars; the block chords below
it break into short repeated notes in the middle and a bass that comes and goes; many are a single sixteenth, so it
sounds busier than a pianist would play. As jazz the chords turn into held blocks and the tune thins out to its long
notes; as baroque and classical the middle fills with repeated notes between C4 and C5, not with lines."""
