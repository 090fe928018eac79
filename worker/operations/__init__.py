"""What the page in Stash asks, answered by the standard library alone; what it wants done goes into the inbox."""
