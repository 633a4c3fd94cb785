"""The card of `phrase`: what it learned, what it did not, what its music is like; [workshop]."""

CARD = """What it does: goes on from a phrase, answers it in a turn of the same length, or fills a gap between two phrases (it
hears both sides first), one note at a time, as a line or in chords.
How: a transformer of 1.75 million parameters over notes. Attention is relative in metrical time: rotary phases of the
beat, the bar and 2 to 32 bars beside the number of notes, and learned biases by bars apart, by place in the bar and
for the same moment of another turn; the query stands at the onset of the note to be chosen, so that what sounded
there one, four or eight bars ago is found at once. Channel attention lets the streams pitch, onset, duration and
velocity of a note look at each other before they are mixed; in a short comparison (80 steps each, one seed: 3.10 nats
a note of folk answers with attention, 3.06 with a gate, 3.07 without) it brought nothing that could be told from
chance. Within a note pitch comes first, then duration, velocity and the time to the next onset, all exact
likelihoods. It works relative to the tonic it finds, so that every key is one (no transposed copies are needed), and
remembers 256 notes.
What it learned, by style token: folk is dance and song tunes of Nottingham, O'Neill's, Ryan's and Aird's collections,
half of all it heard. Classical lines are Bach's soprano parts, first violins of OpenScore's quartets, voices of its
Lieder and Chopin's upper staff; classical chords are Chopin's piano music and 45 transcribed piano performances. Jazz
is OpenEWLD: lead sheets of songs of before about 1930, no bebop and no improvisation. Pop is POP909's melodies and
piano parts. Velocity is learned from POP909 and the performances, coarsely from the marks in quartets and Lieder;
folk and jazz data have none, and their accents are laid on the metre by rule.
What it did not learn: form beyond some eight bars (motives are repeated and varied and a section may come back, but no
return is planned), harmony as such (chords are notes at one onset, the top one first, at most eight), timing finer than a 24th
of a quarter note, the feel of a performance (the 45 performances have no beat and count as music without a metre),
drums. In metres it has not met (5/4, 7/8) it keeps the bar but knows no accents. Key and register are found by
correlation with profiles and can be mistaken on few notes. It was trained for an hour and three quarters on one
processor core (4,000 steps) and was still improving slowly.
What 32 bars are like (pictures, seed 3): the folk line is a reel of eighths in arcs of two bars with short ornaments;
its high turn (bar 13) comes back in bars 15, 19 and 31, it stays in one key and has neither a second part nor a final
long note. The jazz line is a song of long notes and upbeats whose bars 4 to 9 return sixteen bars later, as in a song's
form. The classical chords have a bass and repeated chords of four or five notes, held for bars on end where a pianist
would move, and one silent beat (bar 24); the pop chords keep bass, chords and a broken upper line through all 32 bars,
mostly in key; in both the harmony moves plausibly from bar to bar and leads nowhere over eight.
A guard at decoding keeps any run of ten notes (by interval and rhythm, upper line of chords) from copying the
training music."""
