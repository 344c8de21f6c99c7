"""Opens the page of the store, as `trainstore ui` and a browser would, looks at it once, and presses Ctrl-C."""

import re
import signal
import subprocess
import sys
from urllib.request import urlopen

process = subprocess.Popen(
    [sys.executable, "-m", "trainstore", "ui", "--port", "0", "--no-browser", *sys.argv[1:]],
    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, restore_signals=True,
)  # fmt: skip
assert process.stdout is not None
told = process.stdout.readline()
print(told, end="", flush=True)
address = re.search(r"http://\S+/", told)
assert address is not None, told
with urlopen(address[0] + "functions") as answer:
    assert b"</html>" in answer.read()
process.send_signal(signal.SIGINT)
print(process.stdout.read(), end="")
sys.exit(process.wait(20))
