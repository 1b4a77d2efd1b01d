"""Shelf: instrument."""
