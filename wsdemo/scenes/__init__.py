"""Experiments of the lessons that are too long for a cell, with what they found as a picture."""

from wsdemo.scenes.slow_reader import Photos, share_photos

__all__ = ["Photos", "share_photos"]
