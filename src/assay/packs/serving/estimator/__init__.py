"""Shelf: estimator."""
