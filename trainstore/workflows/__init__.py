"""What a user does: each workflow joins the capabilities below it and returns plain results; nothing here prints."""
