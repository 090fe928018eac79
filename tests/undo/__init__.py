"""Taking back what was written to Plex, and what stays so."""
