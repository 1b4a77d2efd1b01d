"""Numbers only: type A and B, coverage, conformity. Arrays and floats in, floats out; no parts, no store."""
