"""The private pages of self-service: without scripts, so that they work everywhere and nothing can run in them."""
