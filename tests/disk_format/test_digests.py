from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from trainstore.disk_format.digests import code_digest, space_digest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def test_the_digest_of_code_is_that_of_its_bytes() -> None:
    assert code_digest("x = 'é'\n") == "sha256:" + sha256("x = 'é'\n".encode()).hexdigest()


@given(st.text(st.characters(exclude_categories=())), st.text(st.characters(exclude_categories=())))
def test_any_code_has_a_digest_of_its_own(one: str, other: str) -> None:
    assert (code_digest(one) == code_digest(other)) == (one == other)


@given(st.dictionaries(st.text(st.characters(exclude_categories=()), max_size=5), JSON, max_size=5))
def test_the_order_of_a_space_does_not_matter(space: dict[str, object]) -> None:
    backwards = dict(reversed(space.items()))
    assert space_digest(backwards) == space_digest(space)


def test_a_changed_space_has_another_digest() -> None:
    assert space_digest({"lr": {"low": 1}}) != space_digest({"lr": {"low": 1.5}})
