from hypothesis import given
from hypothesis import strategies as st

from trainstore.wording.graph import Node, draw


def drawn(*nodes: tuple[str, str | None]) -> list[str]:
    return [
        line for above, own in draw([Node(*node, mark=node[0]) for node in nodes]) for line in (*above, own)
    ]


def test_a_chain_is_one_line() -> None:
    assert drawn(("c", "b"), ("b", "a"), ("a", None)) == ["c", "b", "a"]


def test_a_branch_stands_beside_and_joins() -> None:
    assert drawn(("d", "a"), ("c", "b"), ("b", "a"), ("a", None)) == ["d", "| c", "| b", "|/", "a"]


def test_lines_join_across_others() -> None:
    found = drawn(("e", "a"), ("d", "b"), ("c", "a"), ("b", "a"), ("a", None))
    assert found == ["e", "| d", "| | c", "| b |", "|_|/", "|/", "a"]


def test_what_leads_out_of_sight_ends() -> None:
    assert drawn(("c", "gone"), ("b", "a"), ("a", None)) == ["c", "b", "a"]
    assert drawn(("d", "b"), ("c", None), ("b", None)) == ["d", "| c", "b"]


parents = st.lists(st.none() | st.integers(1, 4), max_size=30)


@given(parents)
def test_every_node_stands_on_one_line_with_its_mark(steps: list[int | None]) -> None:
    nodes = [
        Node(str(place), None if step is None else str(place + step), "*") for place, step in enumerate(steps)
    ]
    found = list(draw(nodes))
    assert len(found) == len(nodes)
    for above, own in found:
        assert own.count("*") == 1
        assert all(set(line) <= set("|/_ ") and "/" in line for line in above)
