"""Standards as data: their clauses in our own words, and what answers to each."""
