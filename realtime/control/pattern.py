"""OSC address patterns (?, *, [a-z], {one,two}) matched part by part, any thread; source: OSC 1.0 specification, 2002.

Two-pointer matching instead of regular expressions: the cost is at most pattern length times address length, so no
pattern sent by a stranger can stall the control thread.
"""

from functools import lru_cache

MAX_LENGTH = 512
MAX_ALTERNATIVES = 64
_SPECIAL = frozenset("?*[]{}")
Token = str | tuple[bool, frozenset[str]]  # a character, "*", "?", or (negated, set)


def is_pattern(address: str) -> bool:
    """Whether `address` holds any pattern character."""
    return not _SPECIAL.isdisjoint(address)


def matches(pattern: str, address: str) -> bool:
    """Whether the address pattern covers `address`. Raises ValueError for a malformed pattern."""
    wanted = pattern.split("/")
    parts = address.split("/")
    if len(wanted) != len(parts):
        return False
    return all(_part_matches(want, part) for want, part in zip(wanted, parts, strict=True))


@lru_cache(maxsize=16384)
def _part_matches(want: str, part: str) -> bool:
    """One part against one: a tree's addresses share most of their parts, so that each is looked at once."""
    return any(_match(tokens, part) for tokens in _compiled(want))


@lru_cache(maxsize=256)
def _compiled(part: str) -> tuple[tuple[Token, ...], ...]:
    if len(part) > MAX_LENGTH:
        raise ValueError(f"an address pattern longer than {MAX_LENGTH} characters")
    choices = tuple(_tokens(choice) for choice in dict.fromkeys(_alternatives(part)))
    if sum(map(len, choices)) > MAX_LENGTH:
        raise ValueError(f"an address pattern whose alternatives are longer than {MAX_LENGTH} characters")
    return choices


def _alternatives(part: str) -> list[str]:
    done = [""]
    at = 0
    while at < len(part):
        if part[at] != "{":
            done = [head + part[at] for head in done]
            at += 1
            continue
        close = part.find("}", at)
        if close < 0:
            raise ValueError(f"an address pattern with an open brace: {part}")
        choices = part[at + 1 : close].split(",")
        if len(done) * len(choices) > MAX_ALTERNATIVES:
            raise ValueError(f"an address pattern of more than {MAX_ALTERNATIVES} alternatives")
        done = [head + choice for head in done for choice in choices]
        at = close + 1
    return done


def _tokens(text: str) -> tuple[Token, ...]:
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        if text[at] == "[":
            close = text.find("]", at + 1)
            if close < 0:
                raise ValueError(f"an address pattern with an open bracket: {text}")
            tokens.append(_character_set(text[at + 1 : close]))
            at = close + 1
        else:
            if not (text[at] == "*" and tokens[-1:] == ["*"]):  # two stars are one
                tokens.append(text[at])
            at += 1
    return tuple(tokens)


def _character_set(body: str) -> tuple[bool, frozenset[str]]:
    negated = body.startswith("!")
    body = body[negated:]
    members: set[str] = set()
    at = 0
    while at < len(body):
        if at + 2 < len(body) and body[at + 1] == "-":
            first, last = sorted((ord(body[at]), ord(body[at + 2])))
            members.update(chr(code) for code in range(first, min(last, first + 255) + 1))
            at += 3
        else:
            members.add(body[at])
            at += 1
    return negated, frozenset(members)


def _match(tokens: tuple[Token, ...], text: str) -> bool:
    t = at = 0
    star = -1
    resume = 0
    while at < len(text):
        if t < len(tokens) and tokens[t] == "*":
            star, resume = t, at
            t += 1
        elif t < len(tokens) and _accepts(tokens[t], text[at]):
            t += 1
            at += 1
        elif star >= 0:
            resume += 1
            t, at = star + 1, resume
        else:
            return False
    return all(token == "*" for token in tokens[t:])


def _accepts(token: Token, character: str) -> bool:
    if isinstance(token, tuple):
        negated, members = token
        return (character in members) != negated
    return token == "?" or token == character
