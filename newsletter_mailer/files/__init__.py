"""Files: a person's read within bounds, ours written for good, all or none, and kept private."""
