"""REMEMBER: what was sent to whom, runs, and who must not be mailed. SQLite."""
