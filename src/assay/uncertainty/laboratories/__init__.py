"""Several laboratories, reference materials."""
