"""The command line: the same capabilities without a window; never imports Qt."""
