"""Tables and lists of words that ship with the program."""
