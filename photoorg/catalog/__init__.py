"""The SQLite catalog: the only place that knows SQL."""
