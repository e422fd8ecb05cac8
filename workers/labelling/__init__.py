"""Labels that people are asked about: doubtful ones of closed tickets, and tickets that wait in triage."""
