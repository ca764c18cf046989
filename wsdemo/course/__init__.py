"""The learner's own copy of the lessons: create, update, reset."""

from wsdemo.course.places import MARKER, find, lessons

__all__ = ["MARKER", "find", "lessons"]
