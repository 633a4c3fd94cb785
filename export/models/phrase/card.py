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
A piece from nothing has a form that is a rule and not learned: sections of eight bars that close (three in four on a last
note of a beat or more that leans to the tonic), AABB in folk, AABA in classical music and jazz, ABAB in pop; what comes
back is the same but for its last two bars, which are written anew; it begins with an upbeat as often as its style does
(the upbeat is not counted among the bars). Answers close in the same way. Lines are drawn as the net has them (temperature
1, the whole distribution): a nucleus took rests, long notes and upbeats first, each rare among many short ones, and left
reels without an end. Chords keep a nucleus of 0.96.
How near real tunes it is: a classifier that must tell eight bars of folk from held-out tunes reaches an area of 0.71 (0.91
before the form, the upbeats and the full distribution; other real tunes 0.52; a first-order Markov chain 0.98; 50 pieces,
102 real excerpts in 4/4). What still gives it away: too few beats without an onset (0.05, real 0.11) and repeated notes.
What it did not learn: form (see above), harmony as such (chords are notes at one onset, the top one first, at most eight),
timing finer than a 24th of a quarter note, the feel of a performance (the 45 performances have no beat and count as music
without a metre), drums. In metres it has not met (5/4, 7/8) it keeps the bar but knows no accents. Key and register are
found by correlation with profiles and can be mistaken on few notes. It was trained for an hour and three quarters on one
processor core (4,000 steps) and was still improving slowly.
What 32 bars are like (pictures, seed 3, all with an upbeat): the folk line rises from a low first bar to a figure of three
turns and rests for three beats (bar 9); the same comes back with a busier ending; the second part stands higher, in even
eighths with short ornaments, and comes back too. The jazz line is a slow song of long notes over four bars each, AABA, its
bridge a fourth higher. The classical chords are a falling line over held chords, thinly set, that thicken towards the ends
of sections; the pop chords keep bass, chords and a broken upper line, verse and refrain in turn, the bass repeating one
note through the refrain. Within a section the harmony moves plausibly and leads nowhere.
A guard at decoding keeps any run of ten notes (by interval and rhythm, upper line of chords) from copying the
training music."""
