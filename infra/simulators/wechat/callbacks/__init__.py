"""What the platform tells the app: encrypted, within five seconds, three times if need be. And what goes wrong."""
