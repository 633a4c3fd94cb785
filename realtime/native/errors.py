"""The one exception a user may see: a clear sentence with the place and the remedy; any thread but the audio thread."""


class AntiphonError(Exception):
    """Bad input or a missing resource, told in one sentence that names the place and the remedy."""
