"""Tables of how hard the generators of the bank are."""
