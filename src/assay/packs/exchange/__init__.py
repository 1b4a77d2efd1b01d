"""Runs that were observed by other tools, read from their logs."""
