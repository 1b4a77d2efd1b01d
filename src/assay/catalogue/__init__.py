"""Finds parts in packs, lists them without importing them, and builds them from settings."""
