"""Dates and times: as people write them in English, and as front matter has them."""
