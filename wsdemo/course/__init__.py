"""The learner's own copy of the lessons: create, update, reset."""

from wsdemo.course.places import find

__all__ = ["find"]
