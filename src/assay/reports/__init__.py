"""Reports for people and for strangers: render, sign, verify."""
