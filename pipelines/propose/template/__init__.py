"""Blank workbooks for partners that have no system of their own, and the specs that read them filled."""
