"""The tools whose logs can be read, one file each; a module with a ``READER`` is all that a new one takes."""
