"""Closed tickets: read from files and exports, cleaned, split, and the taxonomy of their labels."""
