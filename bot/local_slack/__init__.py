"""A Slack workspace in one process: for a first look without an account, and for tests.

It speaks the part of Slack's Web API, Events API and Socket Mode that a Bolt app needs, and rejects what
Slack rejects. `server.LocalSlack` runs it, `client.Person` acts in it as one of its people.
"""
