"""The command line of tickets, automations, audit, and of which versions are served."""
