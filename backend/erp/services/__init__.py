"""Writes: the systems (`systems`), orders on their way out (`outgoing`), messages and files coming in (`incoming`,
`importing`)."""
