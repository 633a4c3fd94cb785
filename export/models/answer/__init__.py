"""`answer`: recurrent model of folk melody in turns, one step an event (issue of the first sound); [workshop]."""
