"""Times, as ratios against a baseline measured in the same run: absolute ones say more about the machine."""
