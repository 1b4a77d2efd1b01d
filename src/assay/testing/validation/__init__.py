"""Validation of the software itself: published numbers reproduced, coverage of the intervals."""
