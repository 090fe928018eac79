"""Long runs: a thousand kills at random, and a hundred thousand jobs. ``make soak``."""
