"""What is done with jobs: batches, the gate before Plex, failures, the selection, the tally."""
