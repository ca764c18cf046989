"""What lessons stage that is too long for a cell: experiments, crowds, and other partners."""

from wsdemo.scenes.slow_reader import Photos, share_photos

__all__ = ["Photos", "share_photos"]
