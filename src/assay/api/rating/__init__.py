"""Ratings by people: sessions, their answers, their agreement."""
