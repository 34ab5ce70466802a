"""What is looked at: all that is known of an issue before anything leaves."""
