"""Lets `python -m trainstore` and the installed command begin at one place."""


def main() -> None:
    """Run the command line."""
    try:
        from trainstore.cli.app import run
    except KeyboardInterrupt:  # nothing had begun
        import sys

        print("Interrupted; nothing was left half done.", file=sys.stderr)
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
