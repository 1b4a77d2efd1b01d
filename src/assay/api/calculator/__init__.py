"""The uncertainty calculator: from a file of quantities to its results."""
