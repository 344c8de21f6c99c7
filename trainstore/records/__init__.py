"""What the store keeps, as frozen types that are checked when decoded. No input or output."""
