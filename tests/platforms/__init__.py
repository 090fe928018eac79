"""Scenarios for other platforms' Pythons: ``make test-windows``, ``make test-musl``.

Called platform_*.py, so that nothing else runs them.
"""
