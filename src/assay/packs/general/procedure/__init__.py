"""Shelf: procedure."""
