"""What questions need from outside: dictionaries, the web, a browser. These touch the world."""
