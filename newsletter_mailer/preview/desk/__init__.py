"""What lies on the desk: issues as their files are now, read, planned, composed and checked."""
