"""Evaluates the user's functions on traced values."""
