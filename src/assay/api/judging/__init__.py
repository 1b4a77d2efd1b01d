"""Judges of a measurement: consulted, calibrated, certified."""
