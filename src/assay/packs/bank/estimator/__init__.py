"""Estimators of what an adaptive run of the bank measures."""
