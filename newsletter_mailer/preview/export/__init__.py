"""What is shown without a server: a folder for the sign-off, and pictures."""
