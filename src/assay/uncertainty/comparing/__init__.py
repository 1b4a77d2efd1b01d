"""Differences between systems on the same items."""
