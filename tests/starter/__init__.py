"""The starter desk as material: is it as rich as life, and free of copies?"""
