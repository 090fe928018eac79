"""What makes the package that Stash installs."""
