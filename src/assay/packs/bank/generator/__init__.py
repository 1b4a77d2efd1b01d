"""Shelf: generator."""
