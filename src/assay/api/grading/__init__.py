"""Grades: rules as data, and the signed grade that results of one subject get."""
