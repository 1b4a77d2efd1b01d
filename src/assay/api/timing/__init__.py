"""Timing: load tools of others, calibrated against the reference server."""
