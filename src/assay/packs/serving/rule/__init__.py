"""Shelf: rule."""
