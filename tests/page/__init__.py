"""The page in Stash, driven by a real browser against both doubles."""
