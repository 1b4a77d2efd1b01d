"""Shelf: bench."""
