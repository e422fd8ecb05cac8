"""Trainings: asked for, worked on, told about; what a version is worth, and which one is served."""
