"""Tests on a running Stash: ``make test-live STASH_URL=…``. Called live_*.py, so that nothing else runs them."""
