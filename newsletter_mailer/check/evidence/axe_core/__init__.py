"""Shows pages to axe-core in a browser."""
