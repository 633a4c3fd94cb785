"""collage: half-bar parts found by non-negative matrix factorisation, put together anew by search; [workshop]."""
