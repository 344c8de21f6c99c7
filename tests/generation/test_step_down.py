import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainstore.generation.protocol import Dialect, request_body
from trainstore.generation.service_error import ServiceError
from trainstore.generation.step_down import step_down

MESSAGES = [{"role": "user", "content": "Go."}]
ERRORS = st.builds(
    ServiceError,
    st.sampled_from(
        ["no", "json_schema is not supported", "Unknown parameter: 'store'", "maximum context length is 4096",
         "max_tokens and max_completion_tokens", "model not found", "text.format", "max_output_tokens", "input"]
    ),
    st.sampled_from([None, 400, 401, 404, 405, 415, 422, 429, 500, 501]),
    st.sampled_from(["", "model_not_found"]),
    st.sampled_from(["", "store", "model", "input", "text.format", "response_format", "messages[0]"]),
)  # fmt: skip


@given(st.lists(ERRORS, min_size=1, max_size=4))
def test_whatever_a_server_says_the_way_down_ends_and_never_repeats(errors: list[ServiceError]) -> None:
    dialect: Dialect | None = Dialect()
    seen: list[Dialect] = []
    while dialect is not None:
        assert dialect not in seen and len(seen) < 16
        seen.append(dialect)
        body = request_body(dialect, "m", MESSAGES, 9)
        assert body["model"] == "m" and MESSAGES in (body.get("input"), body.get("messages"))
        dialect = step_down(dialect, errors[len(seen) % len(errors)], body)


@pytest.mark.parametrize("status", [None, 401, 403, 408, 409, 429, 500, 503])
def test_what_another_way_of_asking_cannot_help_is_not_asked_another_way(status: int | None) -> None:
    body = request_body(Dialect(), "m", MESSAGES, 9)
    assert step_down(Dialect(), ServiceError("no", status), body) is None


def test_a_server_that_fails_over_the_schema_is_asked_without_it() -> None:
    body = request_body(Dialect("chat"), "m", MESSAGES, 9)
    error = ServiceError("failed to parse grammar", 500)
    assert step_down(Dialect("chat"), error, body) == Dialect("chat", "json")
