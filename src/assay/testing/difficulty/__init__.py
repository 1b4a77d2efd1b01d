"""The difficulties that come with the bank: who answered, what, and how the table is made again."""
