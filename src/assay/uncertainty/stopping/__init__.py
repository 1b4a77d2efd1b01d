"""Bounds that hold at every look."""
