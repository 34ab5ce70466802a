"""What the readers' mail programs support, by the data of caniemail.com."""
