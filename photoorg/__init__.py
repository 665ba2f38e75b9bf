"""photoorg: a local photo organizer that learns its owner's tags."""

__version__ = "0.1.0"
