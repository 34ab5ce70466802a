"""Where a template's own files say something that was found in a page."""
