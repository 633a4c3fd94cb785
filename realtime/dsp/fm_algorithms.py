"""The 32 operator algorithms of the Yamaha DX7 (owner's manual, 1983) as a table; read on [main] and [audio].

Operators are numbered 1..6 as on the front panel; modulators have higher numbers than what they modulate, so that one
pass from 6 down to 1 renders them all. Only algorithms 4 and 6 feed back over more than one operator.
"""

import numpy as np

OPERATORS = 6

# (modulations "from>to", carriers, feedback "from>to")
_CHART = (
    ("2>1 6>5 5>4 4>3", "1 3", "6>6"),
    ("2>1 6>5 5>4 4>3", "1 3", "2>2"),
    ("3>2 2>1 6>5 5>4", "1 4", "6>6"),
    ("3>2 2>1 6>5 5>4", "1 4", "4>6"),
    ("2>1 4>3 6>5", "1 3 5", "6>6"),
    ("2>1 4>3 6>5", "1 3 5", "5>6"),
    ("2>1 4>3 6>5 5>3", "1 3", "6>6"),
    ("2>1 4>3 6>5 5>3", "1 3", "4>4"),
    ("2>1 4>3 6>5 5>3", "1 3", "2>2"),
    ("3>2 2>1 5>4 6>4", "1 4", "3>3"),
    ("3>2 2>1 5>4 6>4", "1 4", "6>6"),
    ("2>1 4>3 5>3 6>3", "1 3", "2>2"),
    ("2>1 4>3 5>3 6>3", "1 3", "6>6"),
    ("2>1 4>3 5>4 6>4", "1 3", "6>6"),
    ("2>1 4>3 5>4 6>4", "1 3", "2>2"),
    ("2>1 3>1 5>1 4>3 6>5", "1", "6>6"),
    ("2>1 3>1 5>1 4>3 6>5", "1", "2>2"),
    ("2>1 3>1 4>1 5>4 6>5", "1", "3>3"),
    ("3>2 2>1 6>4 6>5", "1 4 5", "6>6"),
    ("3>1 3>2 5>4 6>4", "1 2 4", "3>3"),
    ("3>1 3>2 6>4 6>5", "1 2 4 5", "3>3"),
    ("2>1 6>3 6>4 6>5", "1 3 4 5", "6>6"),
    ("3>2 6>4 6>5", "1 2 4 5", "6>6"),
    ("6>3 6>4 6>5", "1 2 3 4 5", "6>6"),
    ("6>4 6>5", "1 2 3 4 5", "6>6"),
    ("3>2 5>4 6>4", "1 2 4", "6>6"),
    ("3>2 5>4 6>4", "1 2 4", "3>3"),
    ("2>1 5>4 4>3", "1 3 6", "5>5"),
    ("4>3 6>5", "1 2 3 5", "6>6"),
    ("5>4 4>3", "1 2 3 6", "5>5"),
    ("6>5", "1 2 3 4 5", "6>6"),
    ("", "1 2 3 4 5 6", "6>6"),
)


def _pairs(text: str) -> list[tuple[int, int]]:
    return [(int(pair[0]) - 1, int(pair[2]) - 1) for pair in text.split()]


MODULATES = np.zeros((len(_CHART), OPERATORS, OPERATORS), np.uint8)
"""[algorithm, to, from]: 1 where one operator modulates another (counted from 0)."""
CARRIER = np.zeros((len(_CHART), OPERATORS), np.uint8)
"""[algorithm, operator]: 1 for operators that are heard."""
FEEDBACK = np.zeros((len(_CHART), 2), np.int64)
"""[algorithm]: (from, to) of the feedback path."""

for _row, (_modulations, _carriers, _feedback) in enumerate(_CHART):
    for _source, _target in _pairs(_modulations):
        MODULATES[_row, _target, _source] = 1
    for _carrier in _carriers.split():
        CARRIER[_row, int(_carrier) - 1] = 1
    FEEDBACK[_row] = _pairs(_feedback)[0]
