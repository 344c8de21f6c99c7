"""``trainstore ui``."""

from pathlib import Path

import click

from trainstore.cli.options import json_option, store_option
from trainstore.cli.output import note, print_json
from trainstore.documents.store import of_page_address

_PORT = 8642


@click.command("ui")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=_PORT,
    show_default=True,
    metavar="N",
    help="A port of this machine; a free one where it is taken, or 0.",
)
@click.option("--no-browser", is_flag=True, help="Open no browser.")
@store_option
@json_option
def ui_command(port: int, no_browser: bool, folder: Path, as_json: bool) -> None:
    """Show the store in a browser, on this machine alone, until Ctrl-C.

    \b
    Examples:
      trainstore ui
      trainstore ui --port 0 --no-browser
    """  # fmt: skip
    from trainstore.web.serve import address_of, listen, make_server

    server = make_server(folder)
    with listen(port) as listening:
        address = address_of(listening)
        if port and port != listening.getsockname()[1]:
            note(f"Port {port} is taken.")
        if as_json:
            print_json(of_page_address(address))
        else:
            click.echo(f"The store is at {address}")
            note("Ctrl-C ends it.")
        if not no_browser:
            _open_browser(address)
        try:
            server.run(sockets=[listening])
        except KeyboardInterrupt:  # how it is meant to end
            note("")


def _open_browser(address: str) -> None:
    """Open a page, and wait for nothing: a browser in the terminal would not come back."""
    import threading
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
