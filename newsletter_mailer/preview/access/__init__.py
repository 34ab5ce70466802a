"""Who may ask for what: the run's keys, the way in, the guard before all routes."""
