"""TO: what composed variants are written to, one file a kind. A module put here is an output."""
