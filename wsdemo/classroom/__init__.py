"""A class that votes: the teacher's board, the learners' pages, the verdicts of exercises."""
