"""A button means at once what it can mean at once, and waits no longer than its other meanings ask."""

from realtime.midi.map.press import DOUBLE_S, LONG_S, Button


def press(button, began, ended):
    return button.down(began) + button.up(ended)


def test_short_alone_is_at_once():
    button = Button({"short"})
    assert button.down(0.0) == ["any", "short"] and button.up(9.0) == [] and not button.waits


def test_short_beside_long_comes_with_the_release():
    button = Button({"short", "long"})
    assert button.down(0.0) == ["any"] and button.waits
    assert button.up(LONG_S / 2) == ["short"]


def test_long_comes_while_it_is_held_and_only_once():
    button = Button({"short", "long"})
    button.down(0.0)
    assert button.tick(LONG_S * 0.9) == [] and button.tick(LONG_S) == ["long"]
    assert button.tick(LONG_S * 2) == [] and button.up(LONG_S * 3) == []


def test_a_release_that_is_seen_late_is_long():
    button = Button({"short", "long"})
    button.down(0.0)
    assert button.up(LONG_S * 2) == ["long"]


def test_double_is_two_quick_presses():
    button = Button({"short", "double"})
    assert press(button, 0.0, 0.05) == ["any"]
    assert button.down(DOUBLE_S * 0.9) == ["any", "double"]
    assert button.up(DOUBLE_S) == [] and button.tick(9.0) == []


def test_short_beside_double_comes_when_it_is_too_late_for_a_second():
    button = Button({"short", "double"})
    press(button, 0.0, 0.05)
    assert button.tick(DOUBLE_S * 0.9) == [] and button.tick(DOUBLE_S * 1.1) == ["short"] and not button.waits


def test_two_slow_presses_are_two_short_ones():
    button = Button({"short", "double"})
    first = press(button, 0.0, 0.05) + button.tick(1.0)
    second = press(button, 2.0, 2.05) + button.tick(3.0)
    assert first == second == ["any", "short"]
