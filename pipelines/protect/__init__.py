"""What tells who a person is, taken out of a delivery's text before anything of it is stored."""
