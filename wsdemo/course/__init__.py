"""The learner's own copy of the lessons: create, update, reset."""

from wsdemo.course.changes import reset, solutions, update
from wsdemo.course.places import (
    FIRST_LESSON,
    MARKER,
    Trouble,
    find,
    home,
    lessons,
    npm_packages,
)
from wsdemo.course.report import Report

__all__ = [
    "FIRST_LESSON",
    "MARKER",
    "Report",
    "Trouble",
    "find",
    "home",
    "lessons",
    "npm_packages",
    "reset",
    "solutions",
    "update",
]
