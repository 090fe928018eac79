"""What the page asks that needs Plex or the installed packages: each kind of question in a module of its own."""
