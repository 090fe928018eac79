"""What lies in the data folder, and who owns it."""
