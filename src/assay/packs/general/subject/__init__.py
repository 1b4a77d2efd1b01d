"""Shelf: subject."""
