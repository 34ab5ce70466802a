"""REMEMBER: what was sent to whom, and who must not be mailed. Protocols, and their stores."""
