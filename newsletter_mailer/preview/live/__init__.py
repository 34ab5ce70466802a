"""Live issues: as their files are now, read, planned, composed and checked; what acts on them."""
