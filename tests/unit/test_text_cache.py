"""What is kept of composing in memory: bounded, also where threads share it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

import pytest

from newsletter_mailer.text_cache import Memory, kept_or_made, key_of, whole_number

TEXT = "x" * 100


def test_what_was_asked_for_last_stays() -> None:
    memory = Memory(most=300)
    for key in ("first", "second", "third"):
        memory.put(key, TEXT)
    memory.get("first")

    memory.put("fourth", TEXT)

    assert [key for key in ("first", "second", "third", "fourth") if memory.get(key)] == [
        "first",
        "third",
        "fourth",
    ]


def test_threads_that_keep_the_same_texts_do_not_use_up_the_room() -> None:
    memory = Memory(most=10 * len(TEXT))

    def keep(number: int) -> None:
        for turn in range(2_000):
            memory.put(str((number + turn) % 5), TEXT)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(keep, range(8)))
    for number in range(10):
        memory.put(f"own {number}", TEXT)

    assert all(memory.get(f"own {number}") for number in range(10))


def test_keys_of_other_parts_are_other_keys() -> None:
    parts = [(), ("",), ("", ""), ("ab",), ("a", "b"), ("\ud800",), ("\udcff",), ("?",)]

    assert all(key_of(*one) != key_of(*other) for one, other in combinations(parts, 2))


@pytest.mark.parametrize("kept", ["", "[", '"no number"', "true", "[" * 100_000, "9" * 10_000])
def test_what_is_damaged_is_made_again(kept: str) -> None:
    memory = Memory()
    memory.put("key", kept)

    def made() -> int:
        return kept_or_made(memory, "key", read=whole_number, make=lambda: 7, write=lambda one: one)

    assert made() == 7
    assert memory.get("key") == "7"


def test_what_is_not_to_be_kept_is_made_each_time() -> None:
    made: list[int] = []

    def make() -> int:
        made.append(len(made))
        return made[-1]

    memory = Memory()
    for _ in range(3):
        kept_or_made(memory, "key", read=whole_number, make=make, write=lambda _: None)

    assert made == [0, 1, 2]
