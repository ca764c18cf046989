"""The commands of start.py."""
