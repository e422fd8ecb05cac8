"""What watches the classifier that is served: shadows, their outcomes, demotion, replay and drift."""
