"""The jobs, one file each: straight lines that can be read aloud."""
