"""A part that cannot be imported: it must not hide the others."""

raise RuntimeError("crooked on purpose")
