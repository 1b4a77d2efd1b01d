"""Abilities of systems and difficulties of items."""
