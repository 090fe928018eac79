"""Comparing whole libraries: what is out of step is found and queued; the SyncWorker does the rest."""
