"""Why a tag is suggested: the words that come near, and where in the photo it is seen."""
