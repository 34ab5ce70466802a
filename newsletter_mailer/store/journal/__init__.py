"""How far a sender came with the rows that it claimed, in files of its machine."""
