"""Translators at the edge: interchange formats out, later logs of other tools in."""
