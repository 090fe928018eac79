"""What an item shall show and what to write for it, decided without any I/O."""
