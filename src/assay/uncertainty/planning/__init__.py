"""How many items, variants and repeats."""
