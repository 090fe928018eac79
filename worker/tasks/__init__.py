"""What a task button does."""
