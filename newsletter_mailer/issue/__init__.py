"""WHAT: the issue folder and the template's kinds, read into an Issue of Sections."""
