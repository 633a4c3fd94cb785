"""`phrase`: a transformer with relative attention in metrical time and channel attention over the streams of a note:
continues, answers and fills in; [workshop]."""
