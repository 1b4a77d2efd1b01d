"""Items without limit: seeded generators in fifteen dimensions, in English and Chinese."""
