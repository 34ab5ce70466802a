"""Web and mail addresses taken apart: hosts, targets of links."""
