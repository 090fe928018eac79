"""Where the installed packages come from. Standard library only."""
