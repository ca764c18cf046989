"""Values that a verdict shows without quotes."""

__all__ = ["Plain"]


class Plain(str):
    """A description of what was observed; the text of a message is shown with quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)
