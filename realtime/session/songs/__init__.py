"""Songs and setlists: their files, where the show stands, what comes next made ready, click and backing; [main]."""
