"""Shelf: rubric."""
