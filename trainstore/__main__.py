"""Lets `python -m trainstore` and the installed command begin at one place."""


def main() -> None:
    """Run the command line."""
    from trainstore.cli.app import run

    run()


if __name__ == "__main__":
    main()
