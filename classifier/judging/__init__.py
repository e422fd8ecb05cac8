"""How good a model is, whether another one is better, and whether its tickets are still like those of now."""
