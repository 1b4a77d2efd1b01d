"""One file for each table: what is measured, on how many items, and against which target."""
