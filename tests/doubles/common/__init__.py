"""What both doubles share: the generated library and how a double behaves as a program."""
