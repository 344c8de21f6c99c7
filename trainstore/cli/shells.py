"""What trainstore's completion does differently from click's: names are anybody's, and no shell must act upon one.

click's bash script inserts names unquoted, so that ``$(…)`` in one would run at the next Enter, and it does not know
that bash ends a word at ``@``; its fish script cuts names at a comma.
"""

import os
import re
from typing import Any, NamedTuple

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    add_completion_class,
    split_arg_string,
)

_BASH = """\
%(complete_func)s() {
    local line value
    COMPREPLY=()
    while IFS= read -r line; do
        value=${line#*,}
        case ${line%%%%,*} in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done < <(COMP_WORDS="${COMP_LINE:0:COMP_POINT}" COMP_CWORD="$COMP_WORDBREAKS" %(complete_var)s=bash_complete "$1")
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

_FISH = """\
function %(complete_func)s
    set -l response (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp | string collect) \\
COMP_CWORD=(commandline -ct | string collect) %(prog_name)s)
    for completion in $response
        set -l metadata (string split --max 1 , -- $completion)
        switch $metadata[1]
            case dir
                __fish_complete_directories (commandline -ct)
            case file
                __fish_complete_path (commandline -ct)
            case plain
                printf '%%s\\n' $metadata[2]
        end
    end
end
complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""


class _Word(NamedTuple):
    """The word before the cursor: where it begins, from where bash replaces it, and the quote that it stands in."""

    start: int
    replaced: int
    quote: str


class _Bash(BashComplete):
    source_template = _BASH

    def complete(self) -> str:
        """Return what bash may put in place of the end of the word, quoted as that stands."""
        line = os.environ["COMP_WORDS"]
        word = _last_word(line, os.environ["COMP_CWORD"])
        incomplete = _unquoted(line[word.start :])
        kept = _unquoted(line[word.start : word.replaced])
        if incomplete.startswith("--"):
            kept = kept.partition("=")[2]  # click completes the value of an option alone
        found = self.get_completions(split_arg_string(line[: word.start])[1:], incomplete)
        return "\n".join(line for item in found for line in self._lines(item, kept, word.quote))

    def _lines(self, item: "CompletionItem[Any]", kept: str, quote: str) -> list[str]:
        value = str(item.value)
        if item.type != "plain":
            return [self.format_completion(item)]
        if not value.startswith(kept):
            return []
        rest = _quoted(value.removeprefix(kept), quote)
        return [] if rest is None else [f"plain,{rest}"]


class _Fish(FishComplete):
    source_template = _FISH


def use_own_completion() -> None:
    """Have click use these classes from now on."""
    add_completion_class(_Bash)
    add_completion_class(_Fish)


def _last_word(line: str, breaks: str) -> _Word:
    """Find the last word as bash does, which replaces what stands behind the last of ``breaks`` that is not quoted."""
    start = replaced = place = 0
    quote = ""
    while place < len(line):
        letter, place = line[place], place + 1
        if letter == "\\" and quote != "'":
            place += 1
        elif quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote, replaced = letter, place
        elif letter.isspace():
            start = replaced = place
        elif letter in breaks:
            replaced = place - (letter == "@")  # that one belongs to what readline replaces
    return _Word(start, replaced, quote)


def _unquoted(text: str) -> str:
    return "".join(split_arg_string(text))


def _quoted(text: str, quote: str) -> str | None:
    """Return text as it has to be typed, within a quote that is open already or outside of any; None if it cannot be."""
    if quote == "'":
        return None if "'" in text else text
    if quote:
        return None if "!" in text else re.sub(r'([\\"$`])', r"\\\1", text)
    return re.sub(r"([^\w@%+=:,./-])", r"\\\1", text)
