"""Words among the values of a verdict."""

__all__ = ["Words"]


class Words(str):
    """A description of what was observed: a verdict shows it without quotation marks."""

    def __repr__(self) -> str:
        return str(self)
