"""What SMTP servers answer, and whose fault a no is: rules, and data in the files beside them."""
