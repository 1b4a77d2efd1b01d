"""Instruments that err: judges, juries, people."""
