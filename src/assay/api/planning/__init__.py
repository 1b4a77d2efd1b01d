"""How many items and repeats: from a pilot or from assumptions."""
