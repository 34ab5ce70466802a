"""A ledger in a SQLite file: SQL, pragmas, and what stands beside the file."""
