"""Schedules of arrivals, and whether they follow the law that was asked for."""
