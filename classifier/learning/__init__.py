"""Training: from closed tickets to a model version, with the cheap peers beside it. The only room that loads torch."""
