"""What becomes of a message, and whose fault a no is: the words for it, whatever carries mail."""
