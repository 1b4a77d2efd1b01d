"""Strengths of systems from comparisons in pairs and lists."""
