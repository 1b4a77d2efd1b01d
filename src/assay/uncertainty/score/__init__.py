"""Scores: means over items, variants and repeats, their components, and quantities derived from them."""
