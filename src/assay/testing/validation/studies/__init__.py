"""Coverage studies, one file for each family of intervals; each file has a tuple ``STUDIES``."""
