"""What the data team and partners read of what came: the return report and the status of every expected return."""
