"""A ledger in memory: one room, and one line in `stores.STORES`."""
