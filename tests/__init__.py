"""A package, so that `tests/knowledge_base` never stands for the package that it tests."""
