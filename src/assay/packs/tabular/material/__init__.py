"""Shelf: material."""
