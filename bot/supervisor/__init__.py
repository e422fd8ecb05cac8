"""`deskhand up`: all of it on one machine, under one supervisor."""
