"""The Slack application: listeners, commands, the local workspace and the front doors."""
