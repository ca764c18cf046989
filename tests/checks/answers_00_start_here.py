"""Answers to the exercises of lesson 00: mistakes, what is no answer yet, right ones."""

MISTAKES = [
    ("00.2", 5, "with await"),
    ("00.2", 6, "microseconds"),
]
