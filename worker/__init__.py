"""From a hook to Plex: inbox, queue, SyncWorker, and the process that runs them.

Imports nothing here: the hook path pays for every module, see worker/hook.py.
"""
