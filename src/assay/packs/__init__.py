"""The domains, each a room with the same shelves. Packs are found by their files, never imported by name."""
