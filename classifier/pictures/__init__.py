"""What was measured, drawn as SVG and written as files."""
