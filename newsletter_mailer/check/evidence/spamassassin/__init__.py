"""Shows messages to SpamAssassin."""
