"""Reference materials: made, checked, released, sealed, followed."""
