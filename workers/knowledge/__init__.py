"""What becomes of articles: indexed, retracted, judged by what people made of their answers."""
