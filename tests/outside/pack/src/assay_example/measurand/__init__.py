"""Shelf: measurand."""
