"""The routes: what the page, the mail's frame and a person may ask the server for."""
