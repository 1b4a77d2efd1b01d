"""Judging: rubrics for people and judges."""
