"""What an issue says in words, each with its place in the writer's own file."""
