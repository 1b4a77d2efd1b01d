"""Items looked at by numbers: whether their keys can be right, and whether their options give them away."""
