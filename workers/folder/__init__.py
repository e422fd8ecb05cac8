"""The desk folder as a whole: is it right, what of it is still the starter's, and how to begin one's own."""
