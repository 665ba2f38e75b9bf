"""The commands: plain functions of a session and typed arguments, knowing nothing of argparse."""
