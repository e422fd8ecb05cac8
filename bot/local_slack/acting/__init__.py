"""What people do in Slack's client, as operations for scripts (`POST /local/<operation>`) and for the page."""
