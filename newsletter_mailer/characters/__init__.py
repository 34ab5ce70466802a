"""Characters that do harm: in a terminal, in a mail, in an address."""
