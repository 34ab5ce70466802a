"""What newsletter.toml and the environment say, as frozen objects: a module a table or a kind."""
