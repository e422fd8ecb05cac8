"""A model version: its files, its parts, what it says of a request and how sure it is. No torch here: this serves."""
