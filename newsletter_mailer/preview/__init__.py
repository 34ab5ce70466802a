"""SEE: the browser app. What is shown is data; the page only draws it."""
