"""Tags for many photos at once: suggested for a selection, or passed on to similar photos."""
