"""What `new` begins a newsletter with."""
