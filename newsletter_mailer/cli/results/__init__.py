"""Results: findings, progress, what a run came to, and the exit code."""
