"""Git's converter for records: `git diff`, `git show` and `git log -p` show code as code."""

import json
import sys
from pathlib import Path


def to_text(data: bytes) -> str:
    """Return a record with its code as lines of text, after the rest of its fields.

    Raises:
        ValueError: not a record.
    """
    try:
        content = json.loads(data.decode("utf-8-sig"))
        code = content.pop("training_code").rstrip()
    except (AttributeError, KeyError, TypeError, RecursionError) as error:
        raise ValueError("This is no record.") from error
    return f"{json.dumps(content, indent=2, ensure_ascii=False)}\n\n{code}\n"


if __name__ == "__main__":
    sys.stdout.buffer.write(to_text(Path(sys.argv[1]).read_bytes()).encode(errors="replace"))
