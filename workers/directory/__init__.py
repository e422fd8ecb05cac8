"""The directory that holds people's accounts: what we need of it (`port`), and one file for each adapter."""
