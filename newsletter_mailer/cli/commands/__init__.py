"""The commands, one file each: words become a request, one job runs, its answer becomes words."""
